import { strictEqual } from "node:assert";
import fc from "fast-check";
import { ObjectBuffer } from "../../src";
import { pieces, stream } from "./frames";
import { decode } from "./model";

/** Bytes of a run, and their receiver. */
export interface Bytes {
    codes: number[];
    /** Raw bytes before the frames. */
    noise: Uint8Array;
    /** Lengths of the chunks, repeated. */
    lengths: number[];
    terminator: string;
    allow_non_objects: boolean;
    max_message_size: number;
    bare: boolean;
    /** The receiver. */
    end: "server" | "client";
}

const TERMINATORS = ["\n", "\n", "\n", "\r\n", "\n.\n", "→", "zz", "\0", "XYX", "😀"];

/** Runs of up to `frames` frames. */
export function bytes(frames: number): fc.Arbitrary<Bytes> {
    return fc.record({
        codes: fc.array(fc.nat(2 ** 32 - 1), { maxLength: frames, size: "max" }),
        // The start of a TLS record closes the connection.
        noise: fc
            .uint8Array({ maxLength: 40, size: "max" })
            .filter(([first, second]) => second !== 3 || (first !== 0x15 && first !== 0x16)),
        lengths: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 16 })), {
            maxLength: 6,
        }),
        terminator: fc.constantFrom(...TERMINATORS),
        allow_non_objects: fc.boolean(),
        max_message_size: fc.constantFrom(Infinity, Infinity, Infinity, 200, 400),
        bare: fc.constantFrom(false, false, false, true),
        end: fc.constantFrom("server", "client"),
    });
}

/** Number of frames received so far, by receiver. */
export const received = { buffer: 0, memory: 0, socket: 0 };

/** The bytes of a run. */
export const whole = ({ noise, codes, terminator }: Bytes): Buffer =>
    // A blank keeps the last terminator separate from the bytes before it.
    Buffer.concat([noise, stream(codes, terminator), Buffer.from(` ${terminator}`)]);

/** An ObjectBuffer decodes the same as a slow reference decoder, at every split. */
export function bufferAgrees(run: Bytes): void {
    const { terminator, allow_non_objects, max_message_size } = run;
    const all = whole(run);
    const buffer = new ObjectBuffer({ terminator, allow_non_objects, max_message_size });
    const codes: string[] = [];
    buffer.on("error", ({ code }: { code: string }) => codes.push(code));
    const values = pieces(all, run.lengths).flatMap((piece) => buffer.buf2obj(piece));
    const model = decode(all, run);
    const large = codes.filter((code) => code === "ERR_MESSAGE_TOO_LARGE").length;
    received.buffer += model.values.length + model.bad + model.large;
    same(values, model.values);
    strictEqual(large, model.large, "frames that were reported as too large");
    strictEqual(codes.length - large, model.bad, "frames that were reported as bad");
}

/** Throws with the first difference, unless both lists have the same JSON. */
export function same(actual: unknown[], wanted: unknown[], text = JSON.stringify(actual)): void {
    if (text === JSON.stringify(wanted)) return;
    const list = JSON.parse(text) as unknown[];
    const n = wanted.findIndex((each, at) => JSON.stringify(each) !== JSON.stringify(list[at]));
    const at = n === -1 ? wanted.length : n;
    strictEqual(JSON.stringify(list[at]), JSON.stringify(wanted[at]), `number ${at} is not what it should be`);
    throw new Error(`There are ${list.length} instead of ${wanted.length}`);
}
