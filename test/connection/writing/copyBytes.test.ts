import { expect } from "chai";
import { copyBytes } from "../../../src/connection/writing/copyBytes";

describe("copyBytes()", () => {
    it("copies bytes of any length, which nothing changes later", () => {
        const originals = Array.from({ length: 200 }, (_, n) => Buffer.alloc((n * 397) % 20_000, n));
        const copies = originals.map(copyBytes);
        for (const original of originals) original.fill(255);
        for (const [n, copy] of copies.entries()) {
            expect(copy.equals(Buffer.alloc((n * 397) % 20_000, n)), String(n)).to.equal(true);
        }
    });
});
