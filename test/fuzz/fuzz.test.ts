import { type Name, round, total } from "./rounds";

/** The fast properties: a memory check takes a second. */
type Quick = Exclude<Name, "kept">;

/** Number of inputs of each property: about half a second. `npm run fuzz` has no limit. */
const RUNS: Record<Quick, number> = {
    buffer: 50,
    codec: 3,
    memory: 15,
    socket: 15,
    fields: 40,
    options: 30,
    lifecycles: 80,
    reentry: 80,
    resume: 80,
    cluster: 3,
};

const { FUZZ_SEED, FUZZ_PATH } = process.env;

describe("fuzz", () => {
    const promises: Record<Quick, string> = {
        buffer: "bytes in any pieces give what a slow decoder gives",
        codec: "changed frames of bytes give messages or faults, and harm nothing else",
        memory: "frames in any state do what the protocol says, and disturb nobody",
        socket: "and so they do over sockets",
        fields: "a peer that sets any field to anything harms neither the user nor others",
        options: "a wrong option or argument works or is refused",
        lifecycles: "client and server settle all, keep nothing and work as new, whatever is done to them",
        reentry: "and so they do whatever user code does when it is called",
        resume: "connections that are resumed lose and repeat nothing, whatever happens to their sockets",
        cluster: "messages of strangers between the servers of a cluster stop none of them",
    };
    for (const [name, what] of Object.entries(promises) as [Quick, string][]) {
        it(what, async function () {
            this.timeout(300_000);
            const seed = FUZZ_SEED === undefined ? Date.now() % 2 ** 31 : Number(FUZZ_SEED);
            const before = total();
            await round(name, { seed, path: FUZZ_PATH, runs: FUZZ_SEED === undefined ? RUNS[name] : undefined });
            this.test!.title += ` (${total()[name] - before[name]} of ${name}, seed ${seed})`;
        });
    }
});
