import { expect } from "chai";
import fc from "fast-check";
import type { SockhopError } from "../../../src";
import { FrameReader, type JsonReadState } from "../../../src/codec/json/FrameReader";
import type { PartialFrame } from "../../../src/codec/json/PartialFrame";
import { Terminator } from "../../../src/codec/json/Terminator";

interface Told extends JsonReadState {
    errors: SockhopError[];
}

function inbox(): Told {
    const errors: SockhopError[] = [];
    return { framesReceived: 0, partialFrame: undefined, errors, onUnreadable: (error) => errors.push(error) };
}

/** The texts between the terminators, decoded separately. */
function framesIn(bytes: Buffer, terminator: Buffer): string[] {
    const frames: string[] = [];
    for (let from = 0, to = bytes.indexOf(terminator); to !== -1; to = bytes.indexOf(terminator, from)) {
        frames.push(bytes.toString("utf8", from, to));
        from = to + terminator.length;
    }
    return frames;
}

describe("FrameReader", () => {
    const terminators = fc.constantFrom("\n", "\r\n", "aa", "→", "é;", "x".repeat(50), "end".repeat(12_000));

    it("returns the same frames at every split, also long ones", () => {
        // Includes invalid UTF-8: truncated characters and stray continuation bytes.
        const units = ["a", "xyz", "é", "→", "😀", "en"].map((text) => Buffer.from(text));
        units.push(Buffer.from([0xe2, 0x82]), Buffer.from([0xf0, 0x9f]), Buffer.from([0x80]), Buffer.from([0xff]));
        const run = fc.tuple(fc.nat(units.length - 1), fc.integer({ min: 1, max: 40_000 }));
        const frames = fc.array(fc.array(run, { maxLength: 5 }), { minLength: 1, maxLength: 4 });
        const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 70_000 })), {
            minLength: 1,
            maxLength: 8,
        });
        fc.assert(
            fc.property(frames, terminators, cuts, (runs, terminator, sizes) => {
                const end = Buffer.from(terminator);
                const bytes = Buffer.concat(
                    runs.flatMap((frame) => [
                        ...frame.map(([n, count]) => Buffer.alloc(units[n]!.length * count, units[n])),
                        end,
                    ]),
                );
                const reader = new FrameReader(new Terminator(terminator), Infinity);
                const state = inbox();
                const read: string[] = [];
                // Few pieces are small, because there are many bytes.
                for (let at = 0, turn = 0; at < bytes.length; turn++) {
                    const size = turn < 200 ? sizes[turn % sizes.length]! : 65_536;
                    const piece = bytes.subarray(at, at + size);
                    // Clients read into a larger Buffer.
                    if (turn % 2 === 0) read.push(...reader.read(piece, state));
                    else read.push(...reader.read(Buffer.concat([piece, end]), state, piece.length));
                    at += size;
                }
                const expected = framesIn(bytes, end);
                expect(read.length).to.equal(expected.length);
                expect(read.every((frame, n) => frame === expected[n])).to.equal(true);
                expect([state.framesReceived, state.errors]).to.deep.equal([expected.length, []]);
            }),
            { numRuns: 150 },
        );
    });

    it("reads frames of more than a MiB with any characters", () => {
        const ascii = "x".repeat(2 ** 20);
        const ends = [
            Buffer.from("\x7f"),
            Buffer.from("é"),
            Buffer.from("😀"),
            Buffer.from([0x80]),
            Buffer.from([0xe2]),
        ];
        for (const end of ends) {
            const bytes = Buffer.concat([Buffer.from(ascii), end, Buffer.from("\nnext\n")]);
            const read = new FrameReader(new Terminator("\n"), Infinity).read(bytes, inbox());
            const right = read[0] === ascii + end.toString() && read[1] === "next" && read.length === 2;
            expect(right, end.toString("hex")).to.equal(true);
        }
    });

    it("reports a frame that is longer than a string can be, and reads the next one", () => {
        const state = inbox();
        const reader = new FrameReader(new Terminator("\n"), Infinity);
        reader.read(Buffer.from("beginning"), state);
        const error = new RangeError("Cannot create a string");
        const bytes = Object.assign(Buffer.from("beginning, end\n"), {
            toString: () => {
                throw error; // like node
            },
        });
        Object.defineProperty(state.partialFrame as PartialFrame, "bytes", { value: bytes });
        expect(reader.read(Buffer.from(", end\nnext\n"), state)).to.deep.equal(["next"]);
        expect(state.errors.map(({ code, cause }) => [code, cause])).to.deep.equal([
            ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA", error],
        ]);
    });
});
