/*
 * npm run fuzz                                        until Ctrl-C
 * npm run fuzz -- --minutes 5
 * npm run fuzz -- --frames 10000000 --lifecycles 100000
 * npm run fuzz -- --only lifecycles                   or buffer, codec, memory, socket, fields, kept, options, reentry, resume,
 *                                                     cluster
 *
 * Exits with code 1 at the first failure, and prints the line that replays it:
 *
 * npm run fuzz -- --only memory --seed 5 --path "3:0" one case, as shrunk; without --path the whole round
 *                 --repeat 100                        repeatedly: failures that depend on timing do not occur each time
 *
 * FUZZ_SEED and FUZZ_PATH in the environment replace --seed and --path, also with mocha -g.
 */
import { parseArgs } from "node:util";
import { KINDS, type Name, type Replay, round, total } from "./rounds";

const { FUZZ_SEED, FUZZ_PATH } = process.env;
const { values: wanted } = parseArgs({
    options: {
        minutes: { type: "string" },
        frames: { type: "string" },
        lifecycles: { type: "string" },
        only: { type: "string" },
        seed: { type: "string", ...(FUZZ_SEED !== undefined && { default: FUZZ_SEED }) },
        path: { type: "string", ...(FUZZ_PATH !== undefined && { default: FUZZ_PATH }) },
        repeat: { type: "string", default: "1" },
    },
});

const say = (text: string): unknown => process.stdout.write(`${text}\n`);
const began = performance.now();
const minutes = Number(wanted.minutes ?? Infinity);
const frames = Number(wanted.frames ?? Infinity);
const lifecycles = Number(wanted.lifecycles ?? Infinity);
const counted = wanted.frames !== undefined || wanted.lifecycles !== undefined;

/** True if a property continues: until its limit is reached, if there is one for it or for any other. */
function open(name: Name): boolean {
    if (performance.now() - began > minutes * 60_000) return false;
    const done = total();
    if (!counted) return true;
    if (name === "lifecycles" || name === "resume") return wanted.lifecycles !== undefined && done[name] < lifecycles;
    return wanted.frames !== undefined && done.frames < frames;
}

function progress(name: Name, seed: number): void {
    const {
        frames: all,
        memory,
        socket,
        buffer,
        options,
        lifecycles: lives,
        reentry,
        steps,
        connections,
        resume,
        resumed,
        cluster,
    } = total();
    const seconds = Math.round((performance.now() - began) / 1000);
    const text = `${all} frames (${memory} in memory, ${socket} over sockets, ${cluster} between servers), ${buffer} of the buffer alone, ${options} wrong options, `;
    say(
        `${seconds} s: ${text}${lives} lifecycles and ${reentry} with user code, of ${steps} steps and ${connections} connections, ${resume} with ${resumed} resumed connections; next: ${name}, seed ${seed}`,
    );
}

async function main(): Promise<void> {
    const names = Object.keys(KINDS).filter((name) => !wanted.only || name === wanted.only) as Name[];
    if (names.length === 0) throw new Error(`--only takes ${Object.keys(KINDS).join(", ")}`);
    const first = Number(wanted.seed ?? Date.now() % 2 ** 31);
    const replay: Replay = { seed: first, path: wanted.path, repeat: Number(wanted.repeat) };
    if (wanted.seed !== undefined && wanted.only !== undefined) return round(names[0]!, replay);
    let said = -Infinity;
    for (let seed = first, going = true; going; seed += 1) {
        going = false;
        for (const name of names.filter(open)) {
            going = true;
            if (performance.now() - said > 5000) {
                said = performance.now();
                progress(name, seed);
            }
            await round(name, { seed });
        }
    }
    const { frames: all, lifecycles: lives, resume } = total();
    say(`No failure in ${all} frames, ${lives} lifecycles and ${resume} of connections that are resumed`);
}

main().catch((error: unknown) => {
    say((error as Error).message);
    process.exitCode = 1;
});
