import { expect } from "chai";
import { kept } from "../../../support/memory";
import { sent } from "../support";

describe("codec binary › a short string that is kept", () => {
    const values: Record<string, (text: string) => unknown> = {
        "a value": (text) => [text],
        "a value of an object": (text) => ({ text }),
        "a key of a Map": (text) => new Map([[text, 1]]),
    };
    for (const [name, valueOf] of Object.entries(values)) {
        it(`does not keep a long frame in memory: ${name}`, () => {
            const size = kept(() => {
                const value = [valueOf("a text of some length"), "x".repeat(100_000)];
                return (sent(value) as unknown[])[0];
            });
            expect(size).to.be.below(1e6); // 100 frames have 10 MB
        });
    }
});
