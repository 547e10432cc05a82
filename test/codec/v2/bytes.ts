import type { ReadState } from "../../../src/codec/Encoder";

const ID = "30d9dbeb-b861-42a9-9e71-77576c09a7fa";
const ID_HEX = Buffer.from(ID).toString("hex");

/** Frame as sockhop 2.1.0 has sent it, and its message. */
export interface CapturedFrame {
    bytes: Buffer;
    type: string;
    data: unknown;
    kind: "message" | "call" | "reply";
    id: string | undefined;
}

function captured(hex: string, type: string, data: unknown, kind: CapturedFrame["kind"] = "message"): CapturedFrame {
    return {
        bytes: Buffer.from(hex.replace(/\s/g, ""), "hex"),
        type,
        data,
        kind,
        id: kind === "message" ? undefined : ID,
    };
}

/** Frames that were captured between two ends of sockhop 2.1.0. */
export const CAPTURED: readonly CapturedFrame[] = [
    captured("12000000 0a 06 576964676574 07000000 7b2261223a317d", "Widget", { a: 1 }),
    captured("12000000 0a 06 537472696e67 07000000 22c3a9e2869222", "String", "é→"),
    captured("0f000000 0a 05 4172726179 05000000 5b312c325d", "Array", [1, 2]),
    captured("0f000000 0d 06 427566666572 04000000 000102ff", "Buffer", Buffer.of(0, 1, 2, 255)),
    captured("0b000000 0d 03 496d67 03000000 090807", "Img", Buffer.of(9, 8, 7)),
    captured(`34000000 0b 06 537472696e67 05000000 2261736b22 ${ID_HEX}`, "String", "ask", "call"),
    captured(`36000000 0c 06 4f626a656374 07000000 7b2272223a317d ${ID_HEX}`, "Object", { r: 1 }, "reply"),
    captured(`32000000 0e 06 427566666572 03000000 627566 ${ID_HEX}`, "Buffer", Buffer.from("buf"), "call"),
    captured(`2d000000 0e 03 496d67 01000000 09 ${ID_HEX}`, "Img", Buffer.of(9), "call"),
    captured(`31000000 0f 06 427566666572 02000000 6f6b ${ID_HEX}`, "Buffer", Buffer.from("ok"), "reply"),
];

/** State of one byte stream, with the codes of its errors. */
export interface TestStream extends ReadState {
    hasFailed: boolean;
    readonly codes: unknown[];
}

export function createStream(): TestStream {
    const codes: unknown[] = [];
    return {
        framesReceived: 0,
        partialFrame: undefined,
        hasFailed: false,
        codes,
        onUnreadable({ code }) {
            this.hasFailed = true;
            codes.push(code);
        },
    };
}
