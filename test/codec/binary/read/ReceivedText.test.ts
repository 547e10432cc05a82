import { expect } from "chai";
import fc from "fast-check";
import type { TextEncoding } from "../../../../src/codec/binary/layout";
import { ReceivedText } from "../../../../src/codec/binary/read/ReceivedText";

const UNITS: Readonly<Record<TextEncoding, readonly string[]>> = {
    latin1: ["a", "z", "ÿ"],
    utf8: ["a", "é", "→", "😀"],
    utf16le: ["a", "é", "\ud800", "😀"],
};
const LENGTH = fc.oneof(fc.nat(20), fc.constantFrom(500, 2047, 2048, 4096, 5000));

/** Opens a text behind some bytes of a frame. */
function opened(text: string, encoding: TextEncoding): ReceivedText {
    const received = new ReceivedText();
    received.open(Buffer.concat([Buffer.from("bytes"), Buffer.from(text, encoding)]), 5, encoding);
    return received;
}

describe("ReceivedText", () => {
    for (const [encoding, units] of Object.entries(UNITS) as [TextEncoding, string[]][]) {
        it(`returns the strings of a text of any length: ${encoding}`, () => {
            const strings = fc.array(
                fc.tuple(fc.constantFrom(...units), LENGTH).map(([unit, length]) => unit.repeat(length)),
                { maxLength: 12 },
            );
            fc.assert(
                fc.property(strings, (all) => {
                    const whole = all.join("");
                    const text = opened(whole, encoding);
                    expect(text.length).to.equal(whole.length);
                    const size = Buffer.byteLength(whole, encoding);
                    expect(text.bytesPerCharacter * text.length).to.be.closeTo(size, 1e-6 * size);
                    let from = 0;
                    for (const wanted of all) {
                        expect(text.next(wanted.length)).to.equal(wanted);
                        expect(text.since(from)).to.equal(wanted);
                        from += wanted.length;
                        expect(text.position).to.equal(from);
                    }
                    expect(text.since(0)).to.equal(whole);
                    expect(() => text.next(1)).to.throw("its text is too short");
                }),
                { numRuns: 200 },
            );
        });

        it(`does not read behind the end: ${encoding}`, () => {
            for (const length of [0, 1, 4096, 10_000]) {
                const text = opened("a".repeat(length), encoding);
                expect(() => text.next(length + 1)).to.throw("its text is too short");
            }
        });
    }

    it("forgets the text when it is closed", () => {
        for (const length of [10, 10_000]) {
            const text = opened("a".repeat(length), "latin1");
            text.next(5);
            text.close();
            expect(text.length).to.equal(0);
            expect(() => text.next(1)).to.throw("its text is too short");
            text.open(Buffer.from("next"), 0, "latin1");
            expect(text.next(4)).to.equal("next");
        }
    });
});
