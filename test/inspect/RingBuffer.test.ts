import { expect } from "chai";
import fc from "fast-check";
import { RingBuffer } from "../../src/inspect/RingBuffer";

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
});
