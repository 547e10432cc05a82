import { expect } from "chai";
import { keepBytes } from "../../../src/connection/writing/keepBytes";
import { allocateLarge } from "../../../src/runtime/largeMemory";

const SIZE = 1_000_000;

describe("keepBytes()", () => {
    it("copies bytes of any length, which nothing changes later", () => {
        const originals = Array.from({ length: 200 }, (_, n) => Buffer.alloc((n * 397) % 20_000, n));
        const copies = originals.map((bytes) => keepBytes(bytes));
        for (const original of originals) original.fill(255);
        for (const [n, copy] of copies.entries()) {
            expect(copy.equals(Buffer.alloc((n * 397) % 20_000, n)), String(n)).to.equal(true);
        }
    });

    it("keeps large memory that is filled for the most part, and gives other memory back", () => {
        const filled = allocateLarge(SIZE).subarray(0, SIZE);
        expect(keepBytes(filled)).to.equal(filled);

        const memory = allocateLarge(SIZE);
        const some = memory.subarray(0, 400_000).fill("a");
        const copy = keepBytes(some);
        expect(allocateLarge(SIZE)).to.equal(memory);
        some.fill("b");
        expect(copy.equals(Buffer.alloc(400_000, "a"))).to.equal(true);
    });
});
