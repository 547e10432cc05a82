import { expect } from "chai";
import { FrameSplitter } from "../../src/cli/tap/FrameSplitter";

describe("FrameCutter", () => {
    const cut = (chunks: Buffer[], ...args: ConstructorParameters<typeof FrameSplitter>): unknown[] => {
        const cutter = new FrameSplitter(...args);
        return chunks.flatMap((chunk) => [...cutter.push(chunk)]);
    };

    it("finds the same frames wherever the bytes are cut", () => {
        const whole = Buffer.from('{"type":"String","data":"é→😀"}--{"type":"Number","data":-1}--garbage--rest');
        const expected = [
            { bytes: 36, kind: "message", type: "String", data: "é→😀" },
            { bytes: 27, kind: "message", type: "Number", data: -1 },
            { bytes: 7, kind: "invalid", text: "garbage" },
        ];
        expect(cut([whole], "--")).to.deep.equal(expected);
        for (let at = 1; at < whole.length; at++) {
            expect(cut([whole.subarray(0, at), whole.subarray(at)], "--"), `cut at ${at}`).to.deep.equal(expected);
        }
        const bytes = Array.from(whole, (byte) => Buffer.of(byte));
        expect(cut(bytes, "--")).to.deep.equal(expected);
    });

    it("tells of a frame that is very large only its size", () => {
        const mebibyte = Buffer.alloc(2 ** 20, "x");
        const chunks = [...Array.from({ length: 17 }, () => mebibyte), Buffer.from('\n{"type":"Number","data":1}\n')];
        expect(cut(chunks)).to.deep.equal([
            { bytes: 17 * 2 ** 20, kind: "large" },
            { bytes: 26, kind: "message", type: "Number", data: 1 },
        ]);
    });

    it("names what it sees", () => {
        const kinds = (...frames: string[]): unknown[] =>
            cut([Buffer.from(frames.map((frame) => `${frame}\n`).join(""))]).map((frame) => {
                const { bytes: _, ...rest } = frame as { bytes: number };
                return rest;
            });
        expect(kinds("5", "null", "[1]", '{"type":"SockhopPong","data":null}')).to.deep.equal([
            { kind: "invalid", text: "5" },
            { kind: "invalid", text: "null" },
            { kind: "invalid", text: "[1]" },
            { kind: "pong", id: undefined },
        ]);
        const error = { code: "ERR_REQUEST_FAILED", message: "No" };
        const packet = { uuid: "u", type: "Object", data: {}, last: true, error, cancel: true };
        expect(kinds(JSON.stringify({ type: "SockhopResponsePacket", data: packet }))).to.deep.equal([
            { kind: "response", type: "Object", data: {}, id: "u", last: true, error, cancel: true },
        ]);
        const bare = cut([Buffer.from("null\n5\n[]\n{}\n")], "\n", true);
        expect(bare.map((frame) => (frame as { type: string }).type)).to.deep.equal([
            "Object",
            "Number",
            "Array",
            "Object",
        ]);
    });
});

describe("FrameCutter", () => {
    const cut = (text: string, bare = false): unknown[] => [...new FrameSplitter("\n", bare).push(Buffer.from(text))];

    it("takes blank lines for no messages, and skips the byte order mark of a stream", () => {
        expect(cut("\n\r\n \t\n5\n\n", true)).to.deep.equal([{ bytes: 1, kind: "message", type: "Number", data: 5 }]);
        expect(cut("\ufeff5\n\ufeff5\n", true)).to.deep.equal([
            { bytes: 4, kind: "message", type: "Number", data: 5 },
            { bytes: 4, kind: "invalid", text: "\ufeff5" },
        ]);
    });

    it("does not read what is nested more than 200 levels deep", () => {
        const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
        const kinds = [nested(200), nested(201), `{"a":"${"[".repeat(300)}\\""}`, "{".repeat(1e6)].map(
            (text) => (cut(`${text}\n`, true)[0] as { kind: string }).kind,
        );
        expect(kinds).to.deep.equal(["message", "deep", "message", "deep"]);
        expect(cut(`${nested(201)}\n`)).to.deep.equal([{ bytes: 402, kind: "deep", text: nested(201) }]);
    });

    it("shows what is left at the end of the connection", () => {
        const left = (text: string, bare: boolean): unknown => {
            const cutter = new FrameSplitter("\n", bare);
            expect([...cutter.push(Buffer.from(text))]).to.deep.equal([]);
            return cutter.end();
        };
        expect(left("", true)).to.equal(undefined);
        expect(left(" \r", true)).to.equal(undefined);
        expect(left('{"n":2}', true)).to.deep.equal({
            ...{ bytes: 7, kind: "message", type: "Object", data: { n: 2 } },
            incomplete: true,
        });
        expect(left('{"n":', true)).to.deep.equal({ bytes: 5, kind: "incomplete", text: '{"n":', incomplete: true });
        expect(left('{"n":2}', false)).to.include({ kind: "message", incomplete: true });
    });

    it("keeps a bounded amount for all connections together", () => {
        const part = Buffer.alloc(15 * 2 ** 20, "x");
        const cutters = Array.from({ length: 9 }, () => new FrameSplitter());
        for (const cutter of cutters) expect([...cutter.push(part)]).to.deep.equal([]);
        const kinds = cutters.map((cutter) => cutter.end()?.kind);
        expect(kinds).to.deep.equal([...Array.from({ length: 8 }, () => "incomplete"), "large"]);
        const again = new FrameSplitter();
        expect([...again.push(part)]).to.deep.equal([]);
        expect(again.end()?.kind).to.equal("incomplete");
    });
});
