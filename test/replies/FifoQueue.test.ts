import { expect } from "chai";
import fc from "fast-check";
import { FifoQueue } from "../../src/replies/FifoQueue";

describe("FifoQueue", () => {
    it("returns items in order, like an array", () => {
        fc.assert(
            fc.property(fc.array(fc.option(fc.integer(), { freq: 2 })), (steps) => {
                const queue = new FifoQueue<number>();
                const array: number[] = [];
                for (const step of steps) {
                    if (step === null) {
                        expect(queue.shift()).to.equal(array.shift());
                    } else {
                        queue.push(step);
                        array.push(step);
                    }
                    expect(queue.length).to.equal(array.length);
                }
            }),
        );
    });
});
