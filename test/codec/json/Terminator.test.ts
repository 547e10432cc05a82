import { expect } from "chai";
import { SockhopError } from "../../../src";
import { Terminator } from "../../../src/codec/json/Terminator";

describe("Terminator", () => {
    it("rejects an empty text", () => {
        expect(() => new Terminator(""))
            .to.throw(SockhopError)
            .with.property("code", "ERR_BAD_OPTION");
    });

    it("has the text that the receiver decodes from its bytes", () => {
        const loneSurrogate = new Terminator("a\uD800");
        expect(loneSurrogate.text).to.equal("a\uFFFD");
        expect(loneSurrogate.bytes).to.deep.equal(Buffer.from("a\uFFFD"));
    });

    describe("isSafe", () => {
        it("is true where a control character keeps the terminator out of JSON text", () => {
            expect(["\n", "\r\n", "a\0", "→\t"].map((text) => new Terminator(text).isSafe)).to.not.include(false);
        });

        it("is false for characters that JSON text can contain", () => {
            expect(["}", "end", "→", " ", "\x7f"].map((text) => new Terminator(text).isSafe)).to.not.include(true);
        });
    });

    describe("isLastOf()", () => {
        it("compares the last byte in use with a terminator of one byte", () => {
            const terminator = new Terminator("\n");
            const bytes = Buffer.from("a\nb");
            expect([0, 1, 2, 3].map((length) => terminator.isLastOf(bytes, length))).to.deep.equal([
                false,
                false,
                true,
                false,
            ]);
        });

        it("is false for a longer terminator", () => {
            expect(new Terminator("\r\n").isLastOf(Buffer.from("a\r\n"), 3)).to.equal(false);
        });
    });

    describe("lastEnd()", () => {
        it("is the end of the last terminator, in bytes", () => {
            const terminator = new Terminator("→");
            expect(
                ["", "é", "→", "é→", "→é→b", "\xe2"].map((text) => terminator.lastEnd(Buffer.from(text))),
            ).to.deep.equal([0, 0, 3, 5, 8, 0]);
        });
    });

    describe("split()", () => {
        it("returns the texts between the terminators", () => {
            const terminator = new Terminator("\n");
            expect(terminator.split("a\n")).to.deep.equal(["a", ""]);
            expect(terminator.split("a\nb\n\nc\n")).to.deep.equal(["a", "b", "", "c", ""]);
            expect(terminator.split("\n")).to.deep.equal(["", ""]);
        });

        it("starts with the rest of a terminator that overlaps itself", () => {
            expect(new Terminator("aa").split("baaa")).to.deep.equal(["b", "a"]);
        });
    });

    describe("escape()", () => {
        /** Texts that contain any part of a terminator, as values and as members. */
        function textsWith(terminator: string): unknown[] {
            const parts = [terminator, terminator + terminator, `a${terminator}b`, terminator.slice(1), terminator[0]];
            return [...parts, parts, Object.fromEntries(parts.map((part) => [part, part]))];
        }

        for (const text of ["\n", "→", "😀", " ", "end;", "aXa", "/", "é→", "ZZ"]) {
            it(`removes ${JSON.stringify(text)} from the text without a change of its value`, () => {
                const terminator = new Terminator(text);
                for (const value of textsWith(text)) {
                    const escaped = terminator.escape(JSON.stringify(value));
                    expect((escaped + text).indexOf(text)).to.equal(escaped.length);
                    expect(JSON.parse(escaped)).to.deep.equal(value);
                }
            });
        }

        it("returns a text without the terminator unchanged", () => {
            expect(new Terminator("→").escape('"abc"')).to.equal('"abc"');
            expect(new Terminator("}}").escape('{"a":1')).to.equal('{"a":1');
        });

        it("throws for a text in which JSON needs every character of the terminator", () => {
            for (const [terminator, json] of [
                ["true", "[true]"],
                ["}}", '{"a":{}}'],
                ["}}", "{}"], // only together with the terminator
                ["1", "10"],
            ] as const) {
                expect(() => new Terminator(terminator).escape(json), terminator)
                    .to.throw(SockhopError)
                    .with.property("code", "ERR_BAD_DATA");
            }
        });
    });
});
