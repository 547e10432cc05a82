import { expect } from "chai";
import { PartialFrame } from "../../../src/codec/json/PartialFrame";
import { Terminator } from "../../../src/codec/json/Terminator";

/** A partial frame that starts with these bytes. */
function begun(bytes: Buffer): PartialFrame {
    const frame = new PartialFrame();
    frame.add(bytes, Infinity);
    return frame;
}

describe("PartialFrame", () => {
    it("keeps the bytes in order at every split", () => {
        const bytes = Buffer.from("a frame of é→😀 that arrives in pieces");
        for (let size = 1; size <= bytes.length; size++) {
            const frame = new PartialFrame();
            for (let at = 0; at < bytes.length; at += size) frame.add(bytes.subarray(at, at + size), Infinity);
            expect(frame.bytes).to.deep.equal(bytes);
            expect(frame.length).to.equal(bytes.length);
        }
    });

    it("copies the bytes", () => {
        const chunk = Buffer.from("abc");
        const frame = begun(chunk);
        chunk.fill("x");
        expect(frame.bytes.toString()).to.equal("abc");
    });

    it("reserves at most four times the bytes that have arrived", () => {
        const frame = new PartialFrame();
        const chunk = Buffer.alloc(Buffer.poolSize); // more than the pool has: the buffer has memory of its own
        const reserved = new Set<number>();
        for (const _ of Array(100).keys()) {
            frame.add(chunk, Infinity);
            reserved.add(frame.bytes.buffer.byteLength);
            expect(frame.bytes.buffer.byteLength).to.be.at.most(4 * frame.length);
        }
        expect(reserved.size).to.be.at.most(5); // it grows by a factor: few sizes, so few copies
    });

    it("grows no further than its limit, except for the bytes themselves", () => {
        const frame = new PartialFrame();
        for (const _ of Array(11).keys()) frame.add(Buffer.alloc(100), 1000);
        expect(frame.length).to.equal(1100);
        const pool = Buffer.allocUnsafe(1).buffer.byteLength;
        expect(frame.bytes.buffer.byteLength).to.be.oneOf([1100, pool]);
    });

    describe("endIn()", () => {
        for (const text of ["\n", "\r\n", "→", "aab", "end of frame"]) {
            it(`finds the end at every split of ${JSON.stringify(text)}`, () => {
                const terminator = new Terminator(text);
                const bytes = Buffer.from(`one${text}two${text}`);
                const end = Buffer.from("one").length + terminator.bytes.length;
                for (let at = 0; at < end; at++) {
                    for (let length = 1; at + length <= bytes.length; length++) {
                        const chunk = bytes.subarray(at, at + length);
                        const expected = at + length >= end ? end - at : -1;
                        expect(begun(bytes.subarray(0, at)).endIn(chunk, terminator), `${at}, ${length}`).to.equal(
                            expected,
                        );
                    }
                }
            });
        }

        it("finds the first of overlapping terminators", () => {
            const terminator = new Terminator("aa");
            expect(begun(Buffer.from("xa")).endIn(Buffer.from("aa"), terminator)).to.equal(1);
        });

        it("is -1 without a terminator", () => {
            expect(begun(Buffer.from("x\r")).endIn(Buffer.from("\r\ry"), new Terminator("\r\n"))).to.equal(-1);
        });
    });

    it("does not count bytes that may start the terminator", () => {
        const frame = begun(Buffer.from("12345"));
        expect(["\n", "ab", "→"].map((text) => frame.sizeBefore(new Terminator(text)))).to.deep.equal([5, 4, 3]);
    });

    it("discards bytes from the start", () => {
        const frame = begun(Buffer.from("12345"));
        frame.discard(3);
        expect(frame.bytes.toString()).to.equal("45");
        frame.discard(-1);
        expect(frame.bytes.toString()).to.equal("45");
        frame.add(Buffer.from("6"), Infinity);
        expect(frame.bytes.toString()).to.equal("456");
        frame.discard(10);
        expect(frame.length).to.equal(0);
    });
});
