import { expect } from "chai";
import { FrameSplitter } from "../../src/cli/tap/FrameSplitter";

function split(chunks: Buffer[], ...args: ConstructorParameters<typeof FrameSplitter>): unknown[] {
    const splitter = new FrameSplitter(...args);
    return chunks.flatMap((chunk) => [...splitter.push(chunk)]);
}

function splitText(text: string, plainJson = false): unknown[] {
    return split([Buffer.from(text)], "\n", plainJson);
}

describe("FrameSplitter", () => {
    it("finds the same frames wherever the chunks end", () => {
        const whole = Buffer.from('{"type":"String","data":"é→😀"}--{"type":"Number","data":-1}--garbage--rest');
        const expected = [
            { bytes: 36, kind: "message", type: "String", data: "é→😀" },
            { bytes: 27, kind: "message", type: "Number", data: -1 },
            { bytes: 7, kind: "invalid", text: "garbage" },
        ];
        expect(split([whole], "--")).to.deep.equal(expected);
        for (let at = 1; at < whole.length; at++) {
            expect(split([whole.subarray(0, at), whole.subarray(at)], "--"), `at ${at}`).to.deep.equal(expected);
        }
        const bytes = Array.from(whole, (byte) => Buffer.of(byte));
        expect(split(bytes, "--")).to.deep.equal(expected);
    });

    it("reports only the size of a very large frame", () => {
        const mebibyte = Buffer.alloc(2 ** 20, "x");
        const chunks = [...Array.from({ length: 17 }, () => mebibyte), Buffer.from('\n{"type":"Number","data":1}\n')];
        expect(split(chunks)).to.deep.equal([
            { bytes: 17 * 2 ** 20, kind: "large" },
            { bytes: 26, kind: "message", type: "Number", data: 1 },
        ]);
    });

    it("skips blank lines, and the byte order mark of a stream", () => {
        expect(splitText("\n\r\n \t\n5\n\n", true)).to.deep.equal([
            { bytes: 1, kind: "message", type: "Number", data: 5 },
        ]);
        expect(splitText("\ufeff5\n\ufeff5\n", true)).to.deep.equal([
            { bytes: 4, kind: "message", type: "Number", data: 5 },
            { bytes: 4, kind: "invalid", text: "\ufeff5" },
        ]);
    });

    it("does not parse a frame that is nested more than 200 levels deep", () => {
        const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
        const kinds = [nested(200), nested(201), `{"a":"${"[".repeat(300)}\\""}`, "{".repeat(1e6)].map(
            (text) => (splitText(`${text}\n`, true)[0] as { kind: string }).kind,
        );
        expect(kinds).to.deep.equal(["message", "deep", "message", "deep"]);
        expect(splitText(`${nested(201)}\n`)).to.deep.equal([{ bytes: 402, kind: "deep", text: nested(201) }]);
    });

    it("returns the incomplete frame at the end of the connection", () => {
        const endOf = (text: string, plainJson: boolean): unknown => {
            const splitter = new FrameSplitter("\n", plainJson);
            expect([...splitter.push(Buffer.from(text))]).to.deep.equal([]);
            return splitter.end();
        };
        expect(endOf("", true)).to.equal(undefined);
        expect(endOf(" \r", true)).to.equal(undefined);
        expect(endOf('{"n":2}', true)).to.deep.equal({
            ...{ bytes: 7, kind: "message", type: "Object", data: { n: 2 } },
            incomplete: true,
        });
        expect(endOf('{"n":', true)).to.deep.equal({ bytes: 5, kind: "incomplete", text: '{"n":', incomplete: true });
        expect(endOf('{"type":"Number","data":2}', false)).to.include({ kind: "message", incomplete: true });
        expect(endOf('{"n":2}', false)).to.include({ kind: "incomplete" }); // without an envelope
    });

    it("buffers a bounded amount for all connections together", () => {
        const part = Buffer.alloc(15 * 2 ** 20, "x");
        const splitters = Array.from({ length: 9 }, () => new FrameSplitter());
        for (const splitter of splitters) expect([...splitter.push(part)]).to.deep.equal([]);
        const kinds = splitters.map((splitter) => splitter.end()?.kind);
        expect(kinds).to.deep.equal([...Array.from({ length: 8 }, () => "incomplete"), "large"]);
        const later = new FrameSplitter();
        expect([...later.push(part)]).to.deep.equal([]);
        expect(later.end()?.kind).to.equal("incomplete");
    });
});
