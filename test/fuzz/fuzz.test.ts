import { type Name, round, total } from "./rounds";

/** The fast properties: a memory check takes a second. */
type Quick = Exclude<Name, "kept">;

/** Seconds for each of the eight properties. `npm run fuzz` has no limit. */
const SECONDS: Record<Quick, number> = {
    buffer: 1,
    codec: 1,
    memory: 1,
    socket: 1,
    fields: 1,
    options: 1,
    lifecycles: 1,
    reentry: 1,
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
    };
    for (const [name, what] of Object.entries(promises) as [Quick, string][]) {
        it(what, async function () {
            this.timeout(60_000);
            const first = FUZZ_SEED === undefined ? Date.now() % 2 ** 31 : Number(FUZZ_SEED);
            const before = total();
            const end = performance.now() + SECONDS[name] * 1000;
            let seed = first;
            do await round(name, { seed: seed++, path: FUZZ_PATH });
            while (FUZZ_SEED === undefined && performance.now() < end);
            this.test!.title += ` (${total()[name] - before[name]} of ${name}, seeds ${first} to ${seed - 1})`;
        });
    }
});
