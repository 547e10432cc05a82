import { expect } from "chai";
import { ObjectBuffer } from "../../../src";
import type { V2Reader } from "../../../src/codec/v2/V2Reader";
import { CAPTURED, createStream } from "./bytes";

const TRANSITION = '{"type":"SockhopBinaryModeTransition","data":{}}';

function reader(options: object = {}, acceptsTransition = true): V2Reader {
    const { reader: created } = new ObjectBuffer(options).v2Format.createWire();
    created.acceptsTransition = acceptsTransition;
    return created;
}

/** Text of lines and frames, comparable. */
function texts(frames: (string | Buffer)[]): string[] {
    return frames.map((frame) => (typeof frame === "string" ? frame : frame.toString("hex")));
}

function header(size: number, layout = 10): Buffer {
    const bytes = Buffer.alloc(5);
    bytes.writeUInt32LE(size);
    bytes[4] = layout;
    return bytes;
}

describe("V2Reader", () => {
    const frames = CAPTURED.map(({ bytes }) => bytes);
    const lines = ['{"type":"String","data":"é\\n→"}', "", TRANSITION];
    const expected = [...lines, ...frames.map((bytes) => bytes.toString("hex"))];

    for (const terminator of ["\n", "\r\n", "aXa", "aa"]) {
        const bytes = Buffer.concat([...lines.map((line) => Buffer.from(line + terminator)), ...frames]);
        const name = JSON.stringify(terminator);

        it(`changes to frames behind the transition, split at every position (terminator ${name})`, () => {
            for (let at = 0; at <= bytes.length; at++) {
                const [read, stream] = [reader({ terminator }), createStream()];
                const first = texts(read.read(bytes.subarray(0, at), stream));
                expect(first.concat(texts(read.read(bytes.subarray(at), stream))), String(at)).to.deep.equal(expected);
                expect(stream.framesReceived).to.equal(expected.length);
                expect(stream.partialFrame).to.equal(undefined);
                expect(read.hasFrames).to.equal(true);
            }
        });

        it(`reads single bytes (terminator ${name})`, () => {
            const [read, stream] = [reader({ terminator }), createStream()];
            const all = [...bytes].flatMap((byte) => texts(read.read(Buffer.of(byte), stream)));
            expect(all).to.deep.equal(expected);
        });
    }

    it("reads the valid bytes of a longer chunk only", () => {
        const bytes = Buffer.concat([Buffer.from(`${TRANSITION}\n`), ...frames]);
        const [read, stream] = [reader(), createStream()];
        const chunk = Buffer.concat([bytes, Buffer.from("garbage\n")]);
        expect(texts(read.read(chunk, stream, bytes.length))).to.deep.equal(expected.slice(2));
    });

    it("reads a transition as a line without consent, and inside of other messages", () => {
        const stream = createStream();
        const bytes = Buffer.from(`${TRANSITION}\n{"a":1}\n`);
        expect(reader({}, false).read(bytes, stream)).to.deep.equal([TRANSITION, '{"a":1}']);
        const others = [
            '{"type":"String","data":"SockhopBinaryModeTransition"}',
            '{"type":"SockhopBinaryModeTransition","data":{},"id":"x"}',
            '{"type":"SockhopBinaryModeTransition","data":{},"callback_id":"x"}',
            "SockhopBinaryModeTransition",
            '[{"type":"SockhopBinaryModeTransition","data":{}}]',
        ];
        const read = reader();
        expect(read.read(Buffer.from(others.join("\n") + "\n"), createStream())).to.deep.equal(others);
        expect(read.hasFrames).to.equal(false);
    });

    it("reads a second transition as the frame that it claims to be", () => {
        const [read, stream] = [reader(), createStream()];
        read.read(Buffer.from(`${TRANSITION}\n`), stream);
        expect(read.read(Buffer.from(`${TRANSITION}\n`), stream)).to.deep.equal([]);
        expect(stream.codes).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]); // `{"ty` is 2 GB
    });

    it("refuses an announced size above the limit before it has memory, once, and reads nothing more", () => {
        for (const at of [0, 1, 4, 5, 6]) {
            const [read, stream] = [reader({ max_message_size: 100 }), createStream()];
            read.read(Buffer.from(`${TRANSITION}\n`), stream);
            const bytes = Buffer.concat([frames[0]!, header(101), Buffer.alloc(101), frames[0]!]);
            const first = frames[0]!.length + at;
            read.read(bytes.subarray(0, first), stream);
            read.read(bytes.subarray(first), stream);
            expect(stream.codes, String(at)).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
            expect(stream.framesReceived).to.equal(2);
            expect(stream.partialFrame).to.equal(undefined);
        }
        const [read, stream] = [reader({ max_message_size: 100 }), createStream()];
        read.read(Buffer.from(`${TRANSITION}\n`), stream);
        expect(read.read(Buffer.concat([header(100), Buffer.alloc(100)]), stream)).to.have.length(1);
        expect(stream.codes).to.deep.equal([]);
    });

    it("takes memory for what has arrived only", () => {
        const [read, stream] = [reader(), createStream()];
        read.read(Buffer.from(`${TRANSITION}\n`), stream);
        const before = process.memoryUsage().arrayBuffers;
        read.read(Buffer.concat([header(90_000_000), Buffer.alloc(10)]), stream);
        expect(process.memoryUsage().arrayBuffers - before).to.be.below(1_000_000);
        expect(stream.partialFrame).to.have.property("length", 15);
    });

    it("reads frames without a payload, and drops the frame of another codec that had begun", () => {
        const [read, stream] = [reader(), createStream()];
        stream.partialFrame = { length: 3 };
        const bytes = Buffer.concat([Buffer.from(`${TRANSITION}\n`), header(0), header(0, 99)]);
        expect(texts(read.read(bytes, stream))).to.deep.equal([TRANSITION, "000000000a", "0000000063"]);
    });
});
