import { ok, strictEqual } from "node:assert";
import fc from "fast-check";
import { BinaryFormat } from "../../src/codec/binary/BinaryFormat";
import { classRegistry } from "../../src/codec/classes";
import { JsonCodec } from "../../src/codec/json/JsonCodec";
import { anyValue, objectsIn } from "../codec/binary/values";

/** Values in one frame, whose bytes are changed at random. */
export interface Mutations {
    values: unknown[];
    seed: number;
}

export const mutations: fc.Arbitrary<Mutations> = fc.record({
    values: fc.array(anyValue, { minLength: 1, maxLength: 4 }),
    seed: fc.nat(2 ** 32 - 1),
});

/** Number of changed frames so far. */
export const mutated = { codec: 0 };

/** Changed frames of each run. */
const FRAMES = 2000;

class Point {
    x = 1;
    static fromJSON(data: unknown): unknown {
        if (typeof data !== "object" || data === null) throw new TypeError("not a point");
        return data;
    }
}
class Widget {
    a = 1;
}

const json = new JsonCodec({
    receiveTerminator: "\n",
    sendTerminator: "\n",
    allowNonObjects: false,
    maxSize: Infinity,
    enveloped: true,
    classes: undefined,
});
const format = new BinaryFormat({
    maxSize: 2 ** 16,
    classes: classRegistry([Point, Widget]),
    errorStacks: true,
    json,
});
const tokens = { own: "0123456789abcdef", peer: "fedcba9876543210" };
const KINDS = ["message", "call", "reply", "request", "response", "cancel", "invalid"];

/** A changed frame gives messages or faults, and harms nothing else. */
export function withstandsMutations({ values, seed }: Mutations): void {
    const wire = format.createWire(tokens);
    for (const value of [...values, { point: new Point(), widgets: [new Widget(), new Widget()] }]) {
        try {
            wire.commit(wire.encodeMessage(value));
        } catch (error) {
            strictEqual((error as { code?: string }).code, "ERR_MESSAGE_TOO_LARGE");
        }
    }
    const bytes = Buffer.from(wire.take());
    wire.release(true);
    const frame = bytes.subarray(0, bytes.readUInt32LE(2) + 6);
    const next = random(seed);
    for (let n = 0; n < FRAMES; n++) {
        const changed = change(frame, next);
        for (const message of wire.decodeFrame(changed)) {
            ok(KINDS.includes(message.kind));
            if (message.kind === "invalid") strictEqual(typeof message.fault, "string");
            else if (n % 16 === 0) for (const object of objectsIn(message.data)) ok(isHarmless(object));
        }
        mutated.codec += 1;
    }
    // eslint-disable-next-line guard-for-in
    for (const key in {}) throw new Error(`all objects have a member ${key}`);
    const sound = wire.decodeFrame(frame);
    strictEqual(sound.filter(({ kind }) => kind === "invalid").length, 0);
}

/** True if the prototype is one of the engine, or of a registered class. */
function isHarmless(object: object): boolean {
    const prototype = Object.getPrototypeOf(object) as { constructor: unknown };
    const type = prototype.constructor as { name: string };
    const global = (globalThis as unknown as Record<string, unknown>)[type.name];
    return type === Widget || type === Point || global === type;
}

/** A generator of numbers below a limit (xorshift). */
function random(seed: number): (limit: number) => number {
    let state = seed | 1;
    return (limit) => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) % limit;
    };
}

/** Bytes that mean something. */
const SPECIAL = [
    0, 1, 0x7f, 0x80, 0xbf, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xd1, 0xd3, 0xd4, 0xd8, 0xd9, 0xdc, 0xdd, 0xff,
];

function change(frame: Buffer, next: (limit: number) => number): Buffer {
    let changed = Buffer.from(frame);
    for (let count = 1 + next(4); count > 0; count--) {
        const at = next(5) === 0 ? next(changed.length) : Math.min(11 + next(changed.length), changed.length - 1);
        switch (next(5)) {
            case 0:
                changed[at] = next(256);
                break;
            case 1:
                changed[at] = SPECIAL[next(SPECIAL.length)]!;
                break;
            case 2:
                changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1 + next(4))]);
                break;
            case 3:
                changed = Buffer.concat([changed.subarray(0, at), changed.subarray(next(changed.length))]);
                break;
            default:
                changed[at] = (changed[at]! + 1) & 0xff;
        }
        if (changed.length < 12) changed = Buffer.from(frame);
    }
    // Most frames have a header that fits, so that the rest is read.
    if (next(8) > 0) {
        changed[0] = 0xff;
        changed[1] = 1;
        changed.writeUInt32LE(changed.length - 6, 2);
        if (changed[6]! > 2) changed[6] = 0;
        if (changed.readUInt32LE(7) > changed.length - 11) changed.writeUInt32LE(next(changed.length - 10), 7);
    }
    return changed;
}
