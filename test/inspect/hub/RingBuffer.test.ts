import { expect } from "chai";
import fc from "fast-check";
import { RingBuffer } from "../../../src/inspect/hub/RingBuffer";
import { used } from "../../support/memory";

describe("RingBuffer", () => {
    it("keeps the last items up to a number and a size", () => {
        fc.assert(
            fc.property(
                fc.array(fc.integer({ min: 0, max: 50 })),
                fc.integer({ min: 1, max: 10 }),
                fc.integer({ min: 1, max: 100 }),
                (items, maxCount, maxSize) => {
                    const ring = new RingBuffer<number>(maxCount, maxSize, (item) => item);
                    let expected: number[] = [];
                    for (const item of items) {
                        ring.push(item);
                        expected = [...expected, item].slice(-maxCount);
                        while (expected.length > 1 && expected.reduce((a, b) => a + b) > maxSize) expected.shift();
                        expect(ring.all()).to.deep.equal(expected);
                        expect(ring.length).to.equal(expected.length);
                    }
                    ring.clear();
                    expect(ring.all()).to.deep.equal([]);
                },
            ),
        );
    });

    it("keeps no removed item in memory", () => {
        const ring = new RingBuffer<Buffer>(1000, 10 * 2 ** 16, ({ length }) => length);
        const before = used();
        for (let count = 0; count < 900; count++) ring.push(Buffer.alloc(2 ** 16));
        expect(used() - before).to.be.below(100 * 2 ** 16);
        expect(ring.length).to.equal(10);
    });
});
