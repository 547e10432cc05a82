import { expect } from "chai";
import {
    MAX_SMALL,
    allocateGrowing,
    allocateLarge,
    giveBack,
    giveBackGrown,
    isLarge,
} from "../../src/runtime/largeMemory";

const LARGE = 1_000_000;

/** Takes what other tests have left. */
function takeAll(): void {
    for (let n = 0; n < 4; n++) allocateGrowing(0, 2 * MAX_SMALL, Infinity);
}

describe("largeMemory", () => {
    beforeEach(takeAll);

    it("returns memory once after it was given back, and only if it is large enough", () => {
        const memory = allocateLarge(LARGE);
        giveBack(memory);
        giveBack(memory);
        expect(allocateLarge(2 * LARGE))
            .to.have.property("length")
            .that.is.at.least(2 * LARGE);
        expect(allocateLarge(LARGE - 1)).to.equal(memory);
        const other = allocateLarge(LARGE - 1);
        expect(other).to.not.equal(memory);
        expect(other)
            .to.have.property("length")
            .that.is.at.least(LARGE - 1);
    });

    it("takes parts of memory for the whole", () => {
        const memory = allocateLarge(LARGE);
        giveBack(memory.subarray(10, 20));
        expect(allocateLarge(LARGE)).to.equal(memory);
    });

    it("returns it for sizes that are a little larger, and not for much smaller ones", () => {
        const memory = allocateLarge(LARGE);
        giveBack(memory);
        expect(allocateLarge(LARGE / 5).length).to.be.below(LARGE);
        expect(allocateLarge(LARGE + 100)).to.equal(memory);
        giveBack(memory);
        expect(allocateLarge(LARGE / 3)).to.equal(memory);
    });

    it("returns it for bytes that grow if it is within their bounds", () => {
        const memory = allocateLarge(LARGE);
        giveBack(memory);
        for (const [least, size, most] of [
            [200_000, 400_000, memory.length - 1],
            [memory.length + 1, 2 * LARGE, 4 * LARGE],
        ] as const) {
            expect(allocateGrowing(least, size, most))
                .to.have.property("length")
                .that.is.within(size, most);
        }
        expect(allocateGrowing(200_000, 400_000, memory.length)).to.equal(memory);
        giveBackGrown(memory);
        expect(allocateGrowing(memory.length, 2 * LARGE, 4 * LARGE).buffer).to.equal(memory.buffer);
    });

    it("keeps neither small nor very large memory, and only the last few", () => {
        const memory = allocateLarge(LARGE);
        giveBack(memory);
        for (const size of [1000, MAX_SMALL, 2 ** 25]) giveBack(allocateLarge(size));
        expect(allocateLarge(1000)).to.have.length(1000);
        const others = Array.from({ length: 4 }, () => allocateLarge(200_000));
        for (const other of others) giveBack(other);
        expect(allocateLarge(LARGE)).to.not.equal(memory);
        expect(others).to.include(allocateLarge(200_000));
    });

    it("never takes memory of somebody else", () => {
        const foreign = Buffer.allocUnsafeSlow(LARGE);
        giveBack(foreign);
        expect(isLarge(foreign)).to.equal(false);
        expect(allocateLarge(LARGE).buffer).to.not.equal(foreign.buffer);
    });

    it("takes memory of received bytes back only from their reader", () => {
        const memory = allocateGrowing(LARGE, LARGE, 2 * LARGE);
        expect(isLarge(memory)).to.equal(false);
        giveBack(memory);
        expect(allocateGrowing(LARGE, LARGE, 2 * LARGE).buffer).to.not.equal(memory.buffer);
        giveBackGrown(memory.subarray(10, 20));
        const again = allocateGrowing(LARGE, LARGE, 2 * LARGE);
        expect(again.buffer).to.equal(memory.buffer);
        expect(again).to.have.length(memory.length);
    });

    it("takes memory that a reader has got from a writer back only from the reader", () => {
        const memory = allocateLarge(LARGE);
        giveBack(memory);
        expect(allocateGrowing(LARGE, LARGE, 2 * LARGE)).to.equal(memory);
        giveBack(memory);
        expect(allocateLarge(LARGE).buffer).to.not.equal(memory.buffer);
    });
});
