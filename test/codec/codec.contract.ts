import { expect } from "chai";
import type { SockhopError } from "../../src";
import type { ReadState } from "../../src/codec/Encoder";
import type { JsonCodec } from "../../src/codec/json/JsonCodec";
import type { Message } from "../../src/protocol/Message";
import { identified } from "../support/identified";

/** Creates the codec under test, for peers with envelopes. */
export type CodecFactory = (options: { maxSize: number }) => JsonCodec;

/** State of one byte stream, with the errors that the codec reports. */
export interface TestStream extends ReadState {
    hasFailed: boolean;
    readonly codes: string[];
}

const UUID = "0b2d5a3e-1111-4222-8333-444455556666";
const OTHER_UUID = "0b2d5a3e-1111-4222-8333-444455557777";
const DATE = "2001-02-03T04:05:06.000Z";

class Widget {
    constructor(readonly size: unknown) {}
}

/** A value that JSON can express, with what framing could confuse: markup, separators, non-ASCII, own `__proto__`. */
const VALUE: unknown = JSON.parse(
    `{"text":"a\\nb\\r\\n\\u0000 → é 😀 }} \\"\\\\ end;","list":[1,-0.5,1e21,true,null,"",{}],"__proto__":{"a":[]}}`,
);

export function createStream(): TestStream {
    const codes: string[] = [];
    return {
        framesReceived: 0,
        partialFrame: undefined,
        hasFailed: false,
        codes,
        onUnreadable: ({ code }) => codes.push(code),
    };
}

/** Code of the {@link SockhopError} that a call throws. */
export function codeOf(call: () => unknown): string | undefined {
    try {
        call();
    } catch (error) {
        return (error as SockhopError).code;
    }
    return undefined;
}

/** One frame of each kind, with the message that it must be decoded to. */
function framesOf(codec: JsonCodec): { frame: string; expected: Partial<Message> }[] {
    const ping = { _id: UUID, _created: DATE, _returned: null, _finished: null };
    const packet = { uuid: UUID, type: "Widget", data: { size: "é" }, last: true };
    const cancel = { uuid: OTHER_UUID, type: "Object", data: {}, last: true, cancel: true };
    const request = { uuid: UUID, data: VALUE, type: "Object", errors: true };
    return [
        { frame: codec.encodeMessage(VALUE), expected: { kind: "message", type: "Object", data: VALUE } },
        { frame: codec.encodeMessage("é"), expected: { kind: "message", type: "String", data: "é" } },
        {
            frame: codec.encodeMessage(new Widget([0])),
            expected: { kind: "message", type: "Widget", data: { size: [0] } },
        },
        {
            frame: codec.encodeCall(VALUE, identified(UUID)),
            expected: { kind: "call", data: VALUE, id: UUID, hasUuid: true },
        },
        { frame: codec.encodeReply(VALUE, UUID, true), expected: { kind: "reply", data: VALUE, id: UUID } },
        { frame: codec.encodeReply(null, 7, false), expected: { kind: "reply", type: "Object", data: null, id: 7 } },
        { frame: codec.encodeReply(0, `"→\\\n`, false), expected: { kind: "reply", data: 0, id: `"→\\\n` } },
        {
            frame: codec.encodeRequest(VALUE, identified(UUID)),
            expected: { kind: "request", data: request, id: UUID, hasUuid: true },
        },
        {
            frame: codec.encodeResponse({ uuid: UUID, data: new Widget("é"), last: true }, true),
            expected: { kind: "response", data: packet, id: UUID },
        },
        { frame: codec.encodeControl("ping", ping), expected: { kind: "ping", data: ping } },
        { frame: codec.encodeControl("pong", ping), expected: { kind: "pong", data: ping } },
        {
            frame: codec.encodeCancel(identified(OTHER_UUID)),
            expected: { kind: "cancel", data: cancel, id: OTHER_UUID },
        },
    ];
}

/** Tests what goes into a {@link JsonCodec} and comes out of another. Call it inside of `describe()`. */
export function testCodec(create: CodecFactory): void {
    let codec: JsonCodec;
    let stream: TestStream;

    beforeEach(() => {
        codec = create({ maxSize: 1_000_000 });
        stream = createStream();
    });

    const bytesOf = (value: unknown): Buffer => Buffer.from(codec.encodeMessage(value));
    const decodeAll = (frames: string[]): unknown[] => frames.map((frame) => (codec.decode(frame) as Message).data);

    /** Reads a chunk whose bytes change after the call, as they do in a shared read buffer. */
    function read(chunk: Buffer, into = stream): string[] {
        const shared = Buffer.concat([chunk, Buffer.from("behind the valid bytes")]);
        const frames = codec.read(shared, into, chunk.length);
        shared.fill(0x7e);
        return frames;
    }

    it("decodes a message of each kind to what was encoded", () => {
        for (const { frame, expected } of framesOf(codec)) {
            const [received, ...more] = read(Buffer.from(frame));
            expect(more).to.deep.equal([]);
            expect(codec.decode(received!)).to.deep.include(expected);
        }
        expect(stream).to.deep.include({ codes: [], partialFrame: undefined });
    });

    it("returns the frame when its last byte arrives, wherever the bytes are split", () => {
        for (const { frame, expected } of framesOf(codec)) {
            const bytes = Buffer.from(frame);
            for (let split = 1; split < bytes.length; split++) {
                expect(read(bytes.subarray(0, split)), `split at ${split}`).to.deep.equal([]);
                expect(stream.partialFrame).to.not.equal(undefined);
                const [received, ...more] = read(bytes.subarray(split));
                expect(codec.decode(received!)).to.deep.include(expected);
                expect([more, stream.partialFrame]).to.deep.equal([[], undefined]);
            }
        }
        expect(stream.codes).to.deep.equal([]);
    });

    it("reads frames byte by byte", () => {
        const bytes = Buffer.concat([bytesOf("→é"), bytesOf(VALUE)]);
        const frames = Array.from(bytes).flatMap((byte) => read(Buffer.of(byte)));
        expect(decodeAll(frames)).to.deep.equal(["→é", VALUE]);
    });

    it("returns two frames of one chunk in order, and keeps the beginning of a third", () => {
        const third = bytesOf("third");
        expect(decodeAll(read(Buffer.concat([bytesOf(1), bytesOf(2), third.subarray(0, 5)])))).to.deep.equal([1, 2]);
        expect(stream).to.deep.include({ framesReceived: 2 });
        expect(decodeAll(read(third.subarray(5)))).to.deep.equal(["third"]);
        expect(stream).to.deep.include({ framesReceived: 3, partialFrame: undefined });
    });

    it("returns nothing for an empty chunk", () => {
        expect(read(Buffer.alloc(0))).to.deep.equal([]);
        expect(stream).to.deep.include({ framesReceived: 0, partialFrame: undefined });
    });

    it("keeps the bytes of two streams apart", () => {
        const other = createStream();
        const [one, two] = [bytesOf("one"), bytesOf("two")];
        read(one.subarray(0, 8));
        read(two.subarray(0, 8), other);
        expect(decodeAll(read(one.subarray(8)))).to.deep.equal(["one"]);
        expect(decodeAll(read(two.subarray(8), other))).to.deep.equal(["two"]);
    });

    it("survives invalid UTF-8, and reads the next frame", () => {
        for (const invalid of [[0xff], [0xe2, 0x82], [0xc3], [0x80], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80]]) {
            const bytes = bytesOf("AAAA");
            bytes.set(invalid, bytes.indexOf("AAAA"));
            const frames = read(Buffer.concat([bytes, bytesOf("next")]));
            expect(frames).to.have.length(2);
            expect(codec.decode(frames[0]!).kind).to.be.oneOf(["message", "invalid"]);
            expect((codec.decode(frames[1]!) as Message).data).to.equal("next");
        }
    });

    it("reports a frame that it cannot decode as invalid", () => {
        const bytes = bytesOf({ text: "text" });
        bytes.fill(0xff, 1, bytes.indexOf("text") + 4);
        const [frame] = read(bytes);
        expect(codec.decode(frame!)).to.include({ kind: "invalid" });
        expect(codeOf(() => codec.decodeValue(frame!))).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
    });

    it("refuses to encode what it cannot express", () => {
        const cycle: unknown[] = [];
        cycle.push(cycle);
        const throwing = {
            toJSON: () => {
                throw new Error("of the program");
            },
        };
        const reserved = new (class SockhopRequest {})();
        for (const value of [undefined, () => 1, Symbol("s"), cycle, throwing]) {
            expect(codeOf(() => codec.encodeMessage(value))).to.equal("ERR_BAD_DATA");
            expect(codeOf(() => codec.encodeCall(value, identified(UUID)))).to.equal("ERR_BAD_DATA");
            expect(codeOf(() => codec.encodeReply(value, 1, false))).to.equal("ERR_BAD_DATA");
            expect(codeOf(() => codec.encodeRequest(value, identified(UUID)))).to.equal("ERR_BAD_DATA");
        }
        for (const value of [cycle, throwing]) {
            expect(codeOf(() => codec.encodeResponse({ uuid: UUID, data: value }, true))).to.equal("ERR_BAD_DATA");
        }
        expect(codeOf(() => codec.encodeMessage(reserved))).to.equal("ERR_BAD_DATA");
    });

    it("encodes and decodes values without an envelope", () => {
        const [frame] = read(Buffer.from(codec.encodeValue(VALUE)));
        expect(codec.decodeValue(frame!)).to.deep.equal(VALUE);
        expect(codeOf(() => codec.encodeValue("text"))).to.equal("ERR_OBJECTBUFFER_BAD_OBJECT");
    });

    it("describes what was encoded", () => {
        const frame = codec.encodeMessage(new Widget("é"));
        const { type, bytes } = codec.describe(frame);
        expect(type).to.equal("Widget");
        expect(bytes).to.be.within(1, Buffer.byteLength(frame));
        expect(codec.describe(codec.encodeControl("ping", {})).type).to.equal("SockhopPing");
    });

    it("recognizes no message as blank", () => {
        for (const { frame } of framesOf(codec)) expect(codec.isBlank(read(Buffer.from(frame))[0]!)).to.equal(false);
    });

    describe("read() with a limit", () => {
        const LARGE = "x".repeat(1000);
        /** Size of a message with `LARGE`. */
        let size: number;

        beforeEach(() => {
            size = codec.describe(codec.encodeMessage(LARGE)).bytes;
            codec = create({ maxSize: size });
        });

        const tooLarge = (): Buffer => Buffer.from(create({ maxSize: Infinity }).encodeMessage(`${LARGE}y`));

        it("accepts a message of exactly that size, wherever it is split", () => {
            const bytes = bytesOf(LARGE);
            for (const split of [0, 1, 500, bytes.length - 2, bytes.length - 1]) {
                const frames = [...read(bytes.subarray(0, split)), ...read(bytes.subarray(split))];
                expect(decodeAll(frames)).to.deep.equal([LARGE]);
            }
            expect(stream.codes).to.deep.equal([]);
        });

        it("refuses to encode a larger message", () => {
            for (const encode of [
                () => codec.encodeMessage(`${LARGE}y`),
                () => codec.encodeCall(LARGE, identified(UUID)),
                () => codec.encodeReply(LARGE, UUID, true),
                () => codec.encodeRequest(LARGE, identified(UUID)),
                () => codec.encodeResponse({ uuid: UUID, data: LARGE }, true),
                () => codec.encodeControl("pong", { _id: LARGE }),
            ]) {
                expect(codeOf(encode)).to.equal("ERR_MESSAGE_TOO_LARGE");
            }
        });

        it("reports a larger frame once, and reads the next one, wherever it is split", () => {
            const bytes = tooLarge();
            for (let split = 0; split < bytes.length; split += 7) {
                stream.codes.length = 0;
                const both = Buffer.concat([bytes, bytesOf("next")]);
                const frames = [...read(both.subarray(0, split)), ...read(both.subarray(split))];
                expect(decodeAll(frames), `split at ${split}`).to.deep.equal(["next"]);
                expect(stream.codes).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
            }
        });

        it("reports a larger frame before it ends, and does not keep its bytes", () => {
            for (let n = 0; n < 100; n++) read(Buffer.alloc(1000, "x"));
            expect(stream.codes).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
            expect(stream.partialFrame?.length ?? 0).to.be.at.most(size);
        });

        it("returns no later frame to a stream that has failed", () => {
            stream.onUnreadable = () => {
                stream.hasFailed = true;
            };
            const frames = read(Buffer.concat([bytesOf("before"), tooLarge(), bytesOf("behind")]));
            expect(decodeAll(frames)).to.deep.equal(["before"]);
        });
    });

    describe("readEnd()", () => {
        it("returns nothing between two frames", () => {
            expect(codec.readEnd(stream)).to.equal(undefined);
            read(bytesOf("value"));
            expect(codec.readEnd(stream)).to.equal(undefined);
        });

        it("throws for an unfinished frame", () => {
            const frame = codec.encodeMessage("value");
            for (let end = 1; end < codec.describe(frame).bytes; end++) {
                read(Buffer.from(frame).subarray(0, end));
                expect(codeOf(() => codec.readEnd(stream))).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
                expect(stream.partialFrame).to.equal(undefined);
            }
        });
    });
}
