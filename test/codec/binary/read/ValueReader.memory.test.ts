import { expect } from "chai";
import { kept } from "../../../support/memory";
import { sent } from "../support";

function many(make: () => unknown): unknown[] {
    return Array.from({ length: 300 }, make);
}

describe("codec binary › received values", () => {
    const values: Record<string, () => unknown> = {
        "arrays of one item": () => many(() => [1]),
        "arrays of three items": () => many(() => [1, -0.5, 1e6]),
        "arrays of texts": () => many(() => ["a", "b", "c", "d", "e", "f", "g"]),
        "objects of five members": () => many(() => ({ a: 1, b: 2, c: 3, d: 4, e: 5 })),
    };
    for (const [name, make] of Object.entries(values)) {
        it(`need hardly more memory than those of JSON: ${name}`, () => {
            const value = make();
            const json = JSON.stringify(value);
            expect(kept(() => sent(value))).to.be.below(1.35 * kept(() => JSON.parse(json)));
        });
    }
});
