import { expect } from "chai";
import { allocateLarge, giveBack, isLarge } from "../../src/runtime/largeMemory";

const LARGE = 1_000_000;

describe("largeMemory", () => {
    beforeEach("take what other tests have left", () => {
        allocateLarge(200_000);
    });

    it("returns memory once after it was given back, and only if it is large enough", () => {
        const memory = allocateLarge(LARGE);
        giveBack(memory);
        const larger = allocateLarge(2 * LARGE);
        expect(larger)
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

    it("returns it also for sizes that are a little larger", () => {
        const memory = allocateLarge(LARGE);
        giveBack(memory);
        expect(allocateLarge(LARGE + 100)).to.equal(memory);
    });

    it("keeps the larger of two", () => {
        const large = allocateLarge(2 * LARGE);
        const small = allocateLarge(LARGE);
        giveBack(large);
        giveBack(small);
        expect(allocateLarge(2 * LARGE)).to.equal(large);
    });

    it("keeps neither small nor very large memory", () => {
        const memory = allocateLarge(LARGE);
        giveBack(memory);
        for (const size of [1000, 131_072, 2 ** 25]) giveBack(allocateLarge(size));
        expect(allocateLarge(1000)).to.have.length(1000);
        expect(allocateLarge(LARGE)).to.equal(memory);
    });

    it("never takes memory of somebody else", () => {
        const foreign = Buffer.allocUnsafeSlow(LARGE);
        giveBack(foreign);
        expect(isLarge(foreign)).to.equal(false);
        expect(allocateLarge(LARGE).buffer).to.not.equal(foreign.buffer);
    });
});
