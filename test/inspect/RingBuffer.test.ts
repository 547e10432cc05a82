import { expect } from "chai";
import fc from "fast-check";
import { percentile } from "../../src/inspect/ReplyTimes";
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

describe("percentile()", () => {
    it("is the nearest rank", () => {
        const times = Array.from({ length: 100 }, (_, index) => index + 1);
        expect([0.5, 0.99, 1, 0].map((share) => percentile(times, share))).to.deep.equal([50, 99, 100, 1]);
        expect(percentile([7], 0.99)).to.equal(7);
        expect(percentile([], 0.5)).to.equal(null);
    });
});
