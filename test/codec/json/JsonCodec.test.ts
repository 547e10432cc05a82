import { expect } from "chai";
import type { Message } from "../../../src/protocol/Message";
import { JsonCodec, type JsonCodecOptions } from "../../../src/codec/json/JsonCodec";
import { identified } from "../../support/identified";
import { type TestStream, codeOf, createStream } from "../codec.contract";

const UUID = "0b2d5a3e-1111-4222-8333-444455556666";
const DEFAULTS: JsonCodecOptions = {
    receiveTerminator: "\n",
    sendTerminator: "\n",
    allowNonObjects: false,
    maxSize: Infinity,
    enveloped: true,
    classes: undefined,
};

function create(options: Partial<JsonCodecOptions> = {}): JsonCodec {
    return new JsonCodec({ ...DEFAULTS, ...options });
}

describe("JsonCodec", () => {
    let stream: TestStream;

    beforeEach(() => {
        stream = createStream();
    });

    it("writes the text of sockhop 1.x", () => {
        const codec = create();
        expect(codec.encodeMessage({ a: 1 })).to.equal('{"type":"Object","data":{"a":1}}\n');
        expect(codec.encodeCall([1], identified(UUID))).to.equal(`{"type":"Array","data":[1],"id":"${UUID}"}\n`);
        expect(codec.encodeReply(null, 7, false)).to.equal('{"type":"Object","data":null,"callback_id":7}\n');
        expect(codec.encodeRequest("q", identified(UUID))).to.equal(
            `{"type":"SockhopRequest","data":{"uuid":"${UUID}","data":"q","type":"String","errors":true}}\n`,
        );
        expect(codec.encodeResponse({ uuid: UUID, data: 1 }, true)).to.equal(
            `{"type":"SockhopResponsePacket","data":{"uuid":"${UUID}","type":"Number","data":1,"last":false}}\n`,
        );
        expect(codec.encodeControl("ping", { _id: 1 })).to.equal('{"type":"SockhopPing","data":{"_id":1}}\n');
        expect(codec.encodeControl("pong", { _id: 1 })).to.equal('{"type":"SockhopPong","data":{"_id":1}}\n');
        expect(codec.encodeCancel(identified(UUID))).to.equal(
            `{"type":"SockhopResponsePacket","data":{"uuid":"${UUID}","type":"Object","data":{},"last":true,"cancel":true}}\n`,
        );
    });

    it("ends its frames with one terminator, and reads frames that end with another", () => {
        const codec = create({ sendTerminator: "→", receiveTerminator: ";" });
        expect(codec.encodeMessage("a→b;")).to.equal('{"type":"String","data":"a\\u2192b;"}→');
        expect(codec.read(Buffer.from('{"a":"→"};[]'), stream)).to.deep.equal(['{"a":"→"}']);
    });

    it("counts the escaped text against the limit", () => {
        const text = '{"type":"String","data":"\\u2192"}';
        expect(create({ sendTerminator: "→", maxSize: text.length }).encodeMessage("→")).to.equal(`${text}→`);
        const tooSmall = create({ sendTerminator: "→", maxSize: text.length - 1 });
        expect(codeOf(() => tooSmall.encodeMessage("→"))).to.equal("ERR_MESSAGE_TOO_LARGE");
    });

    it("counts bytes, not characters, against the limit", () => {
        const text = '{"type":"String","data":"éé"}';
        expect(create({ maxSize: Buffer.byteLength(text) }).encodeMessage("éé")).to.equal(`${text}\n`);
        const tooSmall = create({ maxSize: Buffer.byteLength(text) - 1 });
        expect(codeOf(() => tooSmall.encodeMessage("éé"))).to.equal("ERR_MESSAGE_TOO_LARGE");
    });

    it("refuses BigInt, which JSON cannot express", () => {
        expect(codeOf(() => create().encodeMessage({ n: 1n }))).to.equal("ERR_BAD_DATA");
    });

    it("decodes invalid UTF-8 as U+FFFD", () => {
        const bytes = Buffer.concat([Buffer.from('{"type":"String","data":"'), Buffer.of(0xff), Buffer.from('"}\n')]);
        const codec = create();
        expect((codec.decode(codec.read(bytes, stream)[0]!) as Message).data).to.equal("\uFFFD");
    });

    it("skips a byte order mark at the start of the stream only", () => {
        const bytes = Buffer.from("\uFEFF[]\n\uFEFF[]\n");
        for (const split of [0, 1, 2, 3, 5]) {
            const fresh = createStream();
            const codec = create();
            const frames = [bytes.subarray(0, split), bytes.subarray(split)].flatMap((chunk) =>
                codec.read(chunk, fresh),
            );
            expect(frames).to.deep.equal(["[]", "\uFEFF[]"]);
        }
    });

    it("recognizes white space as blank", () => {
        for (const blank of ["", " ", "\r", "\t \r\n"]) expect(create().isBlank(blank)).to.equal(true);
        for (const text of ["[]", " []", "\0", "\u00A0", "\uFEFF"]) expect(create().isBlank(text)).to.equal(false);
    });

    it("reports a frame that is not an envelope as invalid", () => {
        for (const text of ["[]", "5", "null", '"text"', "{}", '{"a":1}']) {
            expect(create().decode(text)).to.include({ kind: "invalid" }).with.property("fault").that.includes("json");
        }
    });

    it("reports text that is not JSON as invalid, with the reason", () => {
        for (const text of ["{", "undefined", "{'a':1}", "[1,]", '"\n"']) {
            expect(create().decode(text)).to.include({ kind: "invalid", fault: "the frame is not JSON" });
            expect(create().decode(text)).to.have.property("cause").that.is.instanceOf(SyntaxError);
            expect(codeOf(() => create().decodeValue(text))).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        }
    });

    it("describes the JSON text without the terminator, in bytes", () => {
        for (const sendTerminator of ["\n", "→", "end;"]) {
            const codec = create({ sendTerminator });
            const bytes = Buffer.byteLength('{"type":"String","data":"é"}');
            expect(codec.describe(codec.encodeMessage("é"))).to.deep.equal({ type: "String", bytes });
        }
    });

    describe("for json peers", () => {
        const codec = create({ enveloped: false });

        /** Result of `readEnd()` for the last bytes of a stream. */
        function endOf(text: string, reader = codec): string | undefined {
            reader.read(Buffer.from(text), stream);
            return reader.readEnd(stream);
        }

        it("writes and reads values without an envelope", () => {
            expect(codec.encodeMessage({ type: "SockhopPing", data: 1 })).to.equal('{"type":"SockhopPing","data":1}\n');
            expect(codec.encodeControl("ping", { a: 1 })).to.equal('{"a":1}\n');
            for (const text of ['{"type":"SockhopPing","data":{}}', '{"type":"Ask","data":1,"id":1}']) {
                expect(codec.decode(text)).to.deep.include({
                    kind: "message",
                    type: "Object",
                    data: JSON.parse(text) as unknown,
                });
            }
            expect(codec.decode("[1]")).to.deep.include({ kind: "message", type: "Array", data: [1] });
        });

        it("reports null as invalid, which a handler for objects does not expect", () => {
            expect(codec.decode("null")).to.include({ kind: "invalid" }).with.property("fault").that.includes("null");
            for (const text of ["5", '"text"', "false"]) expect(codec.decode(text)).to.include({ kind: "message" });
        });

        it("refuses values that are not objects", () => {
            for (const value of ["text", 5, true, undefined]) {
                expect(codeOf(() => codec.encodeMessage(value))).to.equal("ERR_OBJECTBUFFER_BAD_OBJECT");
            }
            expect(codec.encodeMessage(null)).to.equal("null\n");
        });

        it("returns a last frame without a terminator", () => {
            expect(endOf('[1]\n{"a":1}')).to.equal('{"a":1}');
            expect(codec.readEnd(stream)).to.equal(undefined);
        });

        it("skips a byte order mark before a single frame without a terminator", () => {
            expect(endOf("\uFEFF[1]")).to.equal("[1]");
        });

        it("returns nothing for a stream that is only a byte order mark", () => {
            expect(endOf("\uFEFF")).to.equal(undefined);
        });

        it("returns nothing for white space at the end", () => {
            expect(endOf("[1]\n \r")).to.equal(undefined);
        });

        it("throws for a last frame that is not JSON", () => {
            expect(codeOf(() => endOf('{"a":'))).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        });

        it("returns nothing for a last frame above the limit, which was reported", () => {
            expect(endOf(`["${"x".repeat(100)}`, create({ enveloped: false, maxSize: 10 }))).to.equal(undefined);
            expect(stream.codes).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
        });
    });

    describe("with allowNonObjects", () => {
        const codec = create({ enveloped: false, allowNonObjects: true });

        it("writes any value that JSON can express", () => {
            expect(["text", 5, null].map((value) => codec.encodeMessage(value))).to.deep.equal([
                '"text"\n',
                "5\n",
                "null\n",
            ]);
            expect(codeOf(() => codec.encodeMessage(undefined))).to.equal("ERR_BAD_DATA");
        });

        it("delivers null", () => {
            expect(codec.decode("null")).to.include({ kind: "message", type: "Object", data: null });
        });

        it("returns text that is not JSON as a string", () => {
            for (const text of ["hello", "", " ", "{"]) {
                expect(codec.decode(text)).to.include({ kind: "message", type: "String", data: text });
                expect(codec.isBlank(text)).to.equal(false);
            }
        });
    });
});
