import { expect } from "chai";
import { once } from "node:events";
import { pair } from "../../support/pair";

/** Codec for bytes, whose values are views of what it gets, as those of msgpackr and `v8.deserialize()` are. */
const VIEWS = {
    name: "views",
    encode: (value: unknown) => value as Uint8Array,
    decode: (bytes: Buffer) => bytes,
};

describe("decode() of a codec of the program", () => {
    for (const size of [10, 5000, 300_000]) {
        it(`can return a view of its bytes, which does not change later, of ${size} bytes`, async () => {
            const { s, c } = await pair({ codec: VIEWS });
            await once(c, "codec");
            const received: Record<"s" | "c", Buffer[]> = { s: [], c: [] };
            s.on("receive", (value: Buffer) => received.s.push(value));
            c.on("receive", (value: Buffer) => received.c.push(value));
            const sent = [1, 2, 3].map((n) => Buffer.alloc(size, n));
            for (const bytes of sent) {
                await Promise.all([c.send(bytes), s.sendall(bytes)]);
                await Promise.all([c.flush(), s.sessions[0]!.flush()]);
            }
            expect(received).to.deep.equal({ s: sent, c: sent });
        });
    }
});
