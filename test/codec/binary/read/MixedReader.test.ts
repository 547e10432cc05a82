import { expect } from "chai";
import fc from "fast-check";
import type { SockhopError } from "../../../../src";
import { MixedReader } from "../../../../src/codec/binary/read/MixedReader";
import type { ReadState } from "../../../../src/codec/Encoder";
import { Terminator } from "../../../../src/codec/json/Terminator";
import { rawFrame } from "../support";

interface State extends ReadState {
    errors: SockhopError[];
}

function state(): State {
    const errors: SockhopError[] = [];
    return { framesReceived: 0, partialFrame: undefined, errors, onUnreadable: (error) => errors.push(error) };
}

/** Reads chunks of these lengths, repeated. */
function read(reader: MixedReader, bytes: Buffer, lengths: readonly number[], into: ReadState): (string | Buffer)[] {
    const all: (string | Buffer)[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const piece = bytes.subarray(at, at + lengths[turn % lengths.length]!);
        // Clients read into a larger Buffer, and use it again.
        const memory = Buffer.concat([piece, Buffer.from("\xff\x01\n\xff", "latin1")]);
        const frames = turn % 2 === 0 ? reader.read(piece, into) : reader.read(memory, into, piece.length);
        all.push(...frames.map((frame) => (typeof frame === "string" ? frame : Buffer.from(frame))));
        memory.fill(0);
        at += piece.length;
    }
    return all;
}

const text = (frames: (string | Buffer)[]): string[] =>
    frames.map((frame) => (typeof frame === "string" ? frame : frame.toString("hex")));

describe("MixedReader", () => {
    const terminators = fc.constantFrom("\n", "\r\n", "→", "end".repeat(20), "aba", "\0\0");

    it("splits lines and frames at any byte", () => {
        const line = fc.string({ unit: fc.constantFrom("a", "b", "é", "\r", '"', "😀"), maxLength: 30 });
        const frame = fc
            .tuple(fc.array(fc.nat(255), { maxLength: 40 }), line)
            .map(([bytes, characters]) => rawFrame(bytes, characters.replace(/[^\0-\xff]/g, "")));
        const parts = fc.array(fc.oneof(line, frame), { maxLength: 12 });
        const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });
        fc.assert(
            fc.property(parts, terminators, lengths, (all, terminator, sizes) => {
                // A line must not contain its terminator, or end with its beginning.
                const wanted = all.map((part) => (typeof part === "string" ? part.replace(/[ab\r→e]/g, "x") : part));
                const bytes = Buffer.concat(
                    wanted.map((part) => (typeof part === "string" ? Buffer.from(part + terminator) : part)),
                );
                const into = state();
                const frames = read(new MixedReader(new Terminator(terminator), Infinity), bytes, sizes, into);
                expect(text(frames)).to.deep.equal(text(wanted));
                expect(into).to.deep.include({ framesReceived: wanted.length, partialFrame: undefined, errors: [] });
            }),
            { numRuns: 300 },
        );
    });

    it("takes the mark inside of a line for a part of it", () => {
        const reader = new MixedReader(new Terminator("aa"), Infinity);
        const bytes = Buffer.from("aaa\xffb\xffaa", "latin1");
        for (const size of [1, 2, 3, 100]) {
            expect(read(reader, bytes, [size], state())).to.deep.equal(["", "a\uFFFDb\uFFFD"]);
        }
    });

    it("skips the byte order mark of the first line only", () => {
        const reader = new MixedReader(new Terminator("\n"), Infinity);
        expect(read(reader, Buffer.from("\uFEFFa\n\uFEFFb\n"), [100], state())).to.deep.equal(["a", "\uFEFFb"]);
    });

    it("skips frames and lines above the limit, at any split", () => {
        const reader = new MixedReader(new Terminator("\n"), 100);
        const frame = rawFrame([1], "x".repeat(50));
        const large = rawFrame([2], "x".repeat(65_700));
        const bytes = Buffer.concat([frame, large, frame, Buffer.from(`a\n${"b".repeat(101)}\nc\n`), large, frame]);
        for (const size of [1, 7, 1000, 65_536, 200_000]) {
            const into = state();
            const all = read(reader, bytes, [size], into);
            expect(text(all)).to.deep.equal(text([frame, frame, "a", "c", frame]));
            expect(into.errors.map(({ code }) => code)).to.deep.equal(new Array(3).fill("ERR_MESSAGE_TOO_LARGE"));
            expect(into.errors[0]!.message).to.contain(
                "A frame of 65712 bytes is larger than max_message_size (100 bytes)",
            );
            expect(into.framesReceived).to.equal(8);
        }
    });

    it("takes no memory for bytes that are only announced", () => {
        const reader = new MixedReader(new Terminator("\n"), 2 ** 30);
        const into = state();
        const header = Buffer.from(rawFrame([], ""));
        header.writeUInt32LE(2 ** 30, 2);
        const before = process.memoryUsage().arrayBuffers;
        reader.read(header, into);
        for (let n = 0; n < 10; n++) reader.read(Buffer.alloc(10_000), into);
        expect(into.partialFrame).to.have.length(100_011);
        expect(process.memoryUsage().arrayBuffers - before).to.be.below(2 ** 20);
    });

    it("stops after a frame that closes the connection", () => {
        const reader = new MixedReader(new Terminator("\n"), 10);
        let hasFailed = false;
        const into: ReadState = {
            ...state(),
            get hasFailed() {
                return hasFailed;
            },
            onUnreadable: () => (hasFailed = true),
        };
        const large = rawFrame([2], "x".repeat(65_700));
        const bytes = Buffer.concat([Buffer.from("a\n"), large, Buffer.from("b\n")]);
        expect(reader.read(bytes, into)).to.deep.equal(["a"]);
    });

    it("returns frames without copying them, if they are whole", () => {
        const reader = new MixedReader(new Terminator("\n"), 1000);
        const bytes = Buffer.concat([rawFrame([1]), rawFrame([2])]);
        const frames = reader.read(bytes, state()) as Buffer[];
        expect(frames).to.have.length(2);
        expect(frames[1]!.buffer).to.equal(bytes.buffer);
    });
});
