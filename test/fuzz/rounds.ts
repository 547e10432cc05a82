import fc from "fast-check";
import { type Bytes, bufferAgrees, bytes, received, whole } from "./bytes";
import { fields, withstands, withstood } from "./fields";
import { Guard, turn } from "./guard";
import { forgets, hoards } from "./kept";
import { lived, lives, programs, reentries } from "./lifecycles";
import { mutated, mutations, withstandsMutations } from "./mutations";
import { misused, misuses, refuses } from "./options";
import { receives } from "./receivers";
import { resumePrograms, resumedTotals, resumes } from "./resume/lifecycles";
import { inMemory, overSockets } from "./setups";
import { heardTotals, survives, topics } from "./topic";

/** One property: its input, and its number of runs per round. */
interface Kind {
    runs: number;
    property: (guard: Guard) => fc.IAsyncProperty<[unknown]>;
}

/**
 * The properties by their names for `--only`. `buffer` is the ObjectBuffer alone, `codec` is frames of bytes that were changed. `memory` and `socket` are the whole path of
 * a frame, the first without a system in between. `fields` is frames with members of any value, `options` is options and
 * arguments of any value. `lifecycles` is all methods of both ends, and `reentry` the same with user code that calls more of
 * them in its handlers. `resume` is connections with the option `resume` over a simulated network that cuts them.
 * `cluster` is messages of strangers between the servers of a cluster.
 */
export const KINDS = {
    buffer: { runs: 100, property: () => fc.asyncProperty(bytes(500), (run) => Promise.resolve(bufferAgrees(run))) },
    codec: {
        runs: 10,
        property: () => fc.asyncProperty(mutations, (run) => Promise.resolve(withstandsMutations(run))),
    },
    memory: {
        runs: 100,
        property: (guard) =>
            fc.asyncProperty(
                bytes(2000),
                checked(guard, (run) => receives(run, inMemory)),
            ),
    },
    socket: {
        runs: 100,
        property: (guard) =>
            fc.asyncProperty(
                bytes(2000),
                checked(guard, (run) => receives(run, overSockets)),
            ),
    },
    fields: { runs: 100, property: (guard) => fc.asyncProperty(fields, checked(guard, withstands)) },
    kept: { runs: 15, property: (guard) => fc.asyncProperty(hoards, checked(guard, forgets)) },
    options: { runs: 40, property: (guard) => fc.asyncProperty(misuses, checked(guard, refuses)) },
    lifecycles: { runs: 300, property: (guard) => fc.asyncProperty(programs, checked(guard, lives)) },
    reentry: { runs: 300, property: (guard) => fc.asyncProperty(reentries, checked(guard, lives)) },
    resume: { runs: 300, property: (guard) => fc.asyncProperty(resumePrograms, checked(guard, resumes)) },
    cluster: { runs: 20, property: (guard) => fc.asyncProperty(topics, checked(guard, survives)) },
} satisfies Record<string, Kind>;

export type Name = keyof typeof KINDS;

/** Options that repeat a round. */
export interface Replay {
    seed: number;
    /** Position of the failure in the round; without it the whole round is run. */
    path?: string | undefined;
    /** Number of runs of each program, for failures that depend on timing. */
    repeat?: number | undefined;
    /** Number of inputs, instead of a whole round. */
    runs?: number | undefined;
}

const checked =
    <T>(guard: Guard, run: (value: T) => Promise<unknown>) =>
    async (value: T): Promise<void> => {
        const running = run(value);
        guard.running = running.catch(() => undefined);
        await running;
        await turn(); // uncaught errors appear in a later tick
        guard.check();
    };

/** Runs the whole round with this seed; throws an error with the command that replays its failure. */
export async function round(name: Name, { seed, path, repeat = 1, runs: some }: Replay): Promise<void> {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = path === undefined ? 0 : 30;
    const guard = new Guard();
    try {
        for (let n = 0; n < repeat; n += 1) {
            const { runs, property }: Kind = KINDS[name];
            // A failure that waits for its timeout is shrunk slowly: limit the time.
            const parameters = {
                seed,
                numRuns: some ?? runs,
                interruptAfterTimeLimit: 90_000,
                ...(path !== undefined && { path, endOnFailure: true }),
            };
            const details = await fc.check(property(guard), parameters);
            await guard.running; // the time limit does not wait for it, and it has replaced clocks and connections
            if (details.failed) throw new Error(story(name, details), { cause: details.errorInstance });
        }
    } finally {
        guard.end();
        Error.stackTraceLimit = stackTraceLimit;
    }
}

/** The failure, and the command that repeats it. */
function story(
    name: Name,
    { seed, counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[unknown]>,
): string {
    const [value] = counterexample ?? [];
    const lines = [
        errorInstance instanceof Error ? errorInstance.stack : String(errorInstance),
        `Counterexample: ${fc.stringify(value)}`,
        ...(isBytes(value) ? [`Its bytes: ${JSON.stringify(whole(value).toString("latin1")).slice(0, 2000)}`] : []),
        `Replay: npm run fuzz -- --only ${name} --seed ${seed} --path "${counterexamplePath ?? ""}"`,
    ];
    return lines.join("\n");
}

const isBytes = (value: unknown): value is Bytes => typeof value === "object" && value !== null && "codes" in value;

/** Counts since the start of the program. */
export const total = (): { frames: number } & typeof received &
    typeof mutated &
    typeof withstood &
    typeof misused &
    typeof lived &
    typeof resumedTotals &
    typeof heardTotals => ({
    frames: received.memory + received.socket + withstood.fields + mutated.codec + heardTotals.cluster,
    ...received,
    ...mutated,
    ...withstood,
    ...misused,
    ...lived,
    ...resumedTotals,
    ...heardTotals,
});
