import fc from "fast-check";
import { type Bytes, bufferAgrees, bytes, received, whole } from "./bytes";
import { fields, withstands, withstood } from "./fields";
import { Guard, turn } from "./guard";
import { forgets, hoards } from "./kept";
import { lived, lives, programs, reentries } from "./lifecycles";
import { misused, misuses, refuses } from "./options";
import { receives } from "./receivers";
import { inMemory, overSockets } from "./setups";

/** One property: what it is given, and how often in a round. */
interface Kind {
    runs: number;
    property: (guard: Guard) => fc.IAsyncProperty<[unknown]>;
}

/**
 * The properties, by the name that `--only` takes. `buffer` is the ObjectBuffer alone; `memory` and `socket` are the
 * whole way of a frame, the first without a system in between; `fields` is frames in which any member is anything, `options`
 * is options and arguments that are anything; `lifecycles` is whatever can be done to both ends, and `reentry`
 * is the same with user code that does more of it whenever it is called.
 */
export const KINDS = {
    buffer: { runs: 100, property: () => fc.asyncProperty(bytes(500), (run) => Promise.resolve(bufferAgrees(run))) },
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
} satisfies Record<string, Kind>;

export type Name = keyof typeof KINDS;

/** What makes a round repeat another one. */
export interface Replay {
    seed: number;
    /** Where in the round the failure is; without it the whole round is run. */
    path?: string | undefined;
    /** How often each program is run, for faults that depend on time. */
    repeat?: number | undefined;
}

const checked =
    <T>(guard: Guard, run: (value: T) => Promise<unknown>) =>
    async (value: T): Promise<void> => {
        await run(value);
        await turn(); // what surfaces does so in a later turn
        guard.check();
    };

/** The whole round with this seed; throws an error that says how to replay its failure. */
export async function round(name: Name, { seed, path, repeat = 1 }: Replay): Promise<void> {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = path === undefined ? 0 : 30;
    const guard = new Guard();
    try {
        for (let n = 0; n < repeat; n += 1) {
            const { runs, property }: Kind = KINDS[name];
            // A failure that waits for its time limit is shrunk slowly: not for ever.
            const parameters = {
                seed,
                numRuns: runs,
                interruptAfterTimeLimit: 90_000,
                ...(path !== undefined && { path, endOnFailure: true }),
            };
            const details = await fc.check(property(guard), parameters);
            if (details.failed) throw new Error(story(name, details), { cause: details.errorInstance });
        }
    } finally {
        guard.end();
        Error.stackTraceLimit = stackTraceLimit;
    }
}

/** What has failed, and how to see it again. */
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

/** What has been done since the program began. */
export const total = (): { frames: number } & typeof received & typeof withstood & typeof misused & typeof lived => ({
    frames: received.memory + received.socket + withstood.fields,
    ...received,
    ...withstood,
    ...misused,
    ...lived,
});
