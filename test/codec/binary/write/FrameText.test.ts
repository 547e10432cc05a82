import { expect } from "chai";
import fc from "fast-check";
import { FrameText } from "../../../../src/codec/binary/write/FrameText";

/** The text as it is written, and decoded. */
function written(text: FrameText): { result: string; encoding: number } {
    const encoding = text.encoding();
    const bytes = Buffer.alloc(text.sizeIn(encoding) + 5);
    text.writeTo(bytes, 5, encoding);
    return { result: bytes.toString((["latin1", "utf8", "utf16le"] as const)[encoding], 5), encoding };
}

const SHORT = fc.string({ unit: fc.constantFrom("a", "é", "→", "😀", "\ud800", "\udc00"), maxLength: 5 });
const LENGTH = fc.constantFrom(1, 100, 2000, 4095, 4096, 5000);
const STRING = fc.oneof(
    SHORT,
    fc.tuple(fc.constantFrom("a", "é", "😀"), LENGTH).map(([unit, length]) => unit.repeat(length)),
);

describe("FrameText", () => {
    it("joins strings of any length, and drops those of messages that are not committed", () => {
        fc.assert(
            fc.property(
                fc.array(fc.tuple(fc.array(STRING, { maxLength: 6 }), fc.boolean()), { maxLength: 8 }),
                (all) => {
                    const text = new FrameText();
                    let wanted = "";
                    for (const [strings, isKept] of all) {
                        for (const each of strings) text.add(each);
                        const message = strings.join("");
                        expect(text.length).to.equal(wanted.length + message.length);
                        expect(text.byteLength).to.equal(Buffer.byteLength(message));
                        if (isKept) {
                            text.commit();
                            wanted += message;
                        } else {
                            text.rollBack();
                        }
                        expect(text.length).to.equal(wanted.length);
                        expect(text.committedLength).to.equal(wanted.length);
                    }
                    const copy = new FrameText();
                    copy.add("dropped");
                    text.add("not committed");
                    copy.copyCommitted(text);
                    text.rollBack();
                    expect(written(copy).result).to.equal(wanted);
                    expect(written(text).result).to.equal(wanted);
                    text.clear();
                    expect(written(text).result).to.equal("");
                },
            ),
            { numRuns: 200 },
        );
    });

    it("has the shortest encoding for all of its parts", () => {
        const long = "x".repeat(5000);
        const cases: [strings: string[], encoding: number][] = [
            [[long, "a"], 0],
            [["é", long], 1],
            [[long, "😀", long], 1],
            [[long, "\ud83d", "\ude00", long], 1], // two halves of a character, in one part
            [[long, "\ud800"], 2],
        ];
        for (const [strings, encoding] of cases) {
            const text = new FrameText();
            for (const each of strings) text.add(each);
            expect(written(text)).to.deep.equal({ result: strings.join(""), encoding });
        }
    });
});
