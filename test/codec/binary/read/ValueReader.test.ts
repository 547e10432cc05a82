import { expect } from "chai";
import { classRegistry } from "../../../../src/codec/classes";
import { sent } from "../support";

/** Adds a text to the array that an instance is an item of. */
class Noting {
    constructor(readonly list: unknown[]) {}

    static fromJSON({ list }: Noting): Noting {
        list.push("note");
        return new Noting(list);
    }
}

describe("codec binary › received arrays", () => {
    const classes = classRegistry([Noting]);

    for (const length of [3, 40]) {
        it(`keep what a class adds to them before they are complete: ${length} items`, () => {
            const list: unknown[] = Array.from({ length }, (_, n) => n);
            list[1] = new Noting(list);
            const received = sent(list, { classes }) as unknown[];
            expect(received.filter((item) => !(item instanceof Noting))).to.deep.equal(
                [0, "note"].concat(list.slice(2) as number[]),
            );
        });
    }

    it("have no items in common with others", () => {
        const [first, second] = sent([new Array(3), [null, undefined, 1]]) as [unknown[], unknown[]];
        first.push("added");
        expect(second).to.deep.equal([null, undefined, 1]);
        expect(first).to.have.lengthOf(4).and.to.not.have.any.keys("0", "1", "2");
        expect(sent(new Array(3))).to.deep.equal(new Array(3));
    });
});
