import { REQUEST, RESERVED_TYPES, RESPONSE, isTooLong } from "../../protocol/Envelope";
import { type InvalidMessage, type Message, invalid, message } from "../../protocol/Message";
import { type RemoteFailure, isRemoteFailure } from "../../protocol/SockhopRequest";
import { messageOf } from "../../runtime/thrownValues";
import { EMPTY, FAILED, HEADER, KIND, LAST, MARK, PREFIX } from "../binary/layout";
import { tooLargeError, withoutStack } from "../errors";
import { toJson } from "../json/stringify";

// Frame of a codec of the program (docs/protocol.md). The first eleven bytes have the meaning that they have in a
// frame of the codec "binary": the rest is bytes, without a text.
const FORMAT = 2;
/** Bytes after the header: kind and flags, id, length of the type. */
const HEAD = 10;

/** Bytes of the largest frame that the header can describe. */
const MAX_SIZE = 2 ** 32 - 1;

/** Bytes of the longest type: 1024 characters of three bytes. */
const MAX_TYPE_BYTES = 3072;
const LONG_TYPE = "the type of a message is too long";

/** Kinds of messages, in the order of their numbers, which are those of the codec "binary", as the flags are. */
const KINDS = ["message", "call", "reply", "request", "response", "cancel"] as const;

/** Part of a frame that is not the value. */
export interface CustomHead {
    readonly kind: (typeof KINDS)[number];
    /** Number of a call or request; 0 for a message. */
    readonly id: number;
    readonly type: string;
    readonly last?: boolean;
    readonly empty?: boolean;
    /** Error of a response, sent as JSON in the place of the value. */
    readonly error?: RemoteFailure | undefined;
}

/**
 * Writes a frame.
 *
 * @param maxSize - maximum number of its bytes
 * @throws {@link SockhopError} `ERR_MESSAGE_TOO_LARGE`, before memory is needed for the frame
 */
export function writeFrame(head: CustomHead, value: Uint8Array, maxSize: number): Buffer {
    const { kind, id, type, last, empty, error } = head;
    const content = error ? Buffer.from(toJson(error)) : value;
    const typeLength = Buffer.byteLength(type);
    const size = HEADER + HEAD + typeLength + content.length;
    const limit = Math.min(maxSize, MAX_SIZE);
    if (size > limit) throw tooLargeError(String(size), limit, `message (${type})`);
    const frame = Buffer.allocUnsafe(size);
    frame[0] = MARK;
    frame[1] = FORMAT;
    frame.writeUInt32LE(frame.length - PREFIX, 2);
    frame[6] = 0;
    frame.writeUInt32LE(frame.length - HEADER, 7);
    frame[HEADER] = KINDS.indexOf(kind) | (last ? LAST : 0) | (empty ? EMPTY : 0) | (error ? FAILED : 0);
    frame.writeUIntLE(id, HEADER + 1, 6);
    frame.writeUIntLE(typeLength, HEADER + 7, 3);
    frame.write(type, HEADER + HEAD);
    frame.set(content, HEADER + HEAD + typeLength);
    return frame;
}

/** Functions that {@link readFrame} calls. */
export interface CustomReader {
    /** Converts the bytes of a value. May throw. */
    decode(bytes: Buffer, type: string): unknown;
    /** Uuid of a request of the peer. */
    uuidOf(id: number): string;
}

/** Reads a frame. Never throws. */
export function readFrame(frame: Buffer, reader: CustomReader): Message | InvalidMessage {
    if (frame[1] !== FORMAT) return invalid("the frame has a codec that was not agreed on");
    if (frame.length < HEADER + HEAD) return invalid("the frame is too short");
    const head = frame[HEADER] as number;
    const kind = KINDS[head & KIND];
    const id = frame.readUIntLE(HEADER + 1, 6);
    const start = valueStart(frame);
    if (!kind || start > frame.length) return invalid("the frame is not valid");
    if (start > HEADER + HEAD + MAX_TYPE_BYTES) return invalid(LONG_TYPE);
    if ((id === 0) !== (kind === "message")) return invalid("the number of a message is not valid");
    const type = frame.toString("utf8", HEADER + HEAD, start);
    if (isReserved(kind, type)) return invalid("the type of a message is reserved", type);
    if (isTooLong(type)) return invalid(LONG_TYPE, type);
    const bytes = frame.subarray(start);
    try {
        return toMessage({ kind, id, type, head, bytes, size: frame.length }, reader);
    } catch (cause) {
        const refused = { kind, id, hasUuid: false, errors: true };
        return invalid(`the value cannot be decoded: ${messageOf(cause)}`, type, cause, refused);
    }
}

/** True for a type that no value of this kind can have. The value of a request or a response can have any. */
export function isReserved(kind: CustomHead["kind"], type: string): boolean {
    return kind !== "request" && kind !== "response" && RESERVED_TYPES.has(type);
}

/** Type of the message in a frame of {@link writeFrame}. It is that of the received message. */
export function typeIn(frame: Buffer): string {
    const kind = KINDS[(frame[HEADER] as number) & KIND];
    if (kind === "request") return REQUEST;
    if (kind === "response" || kind === "cancel") return RESPONSE;
    return frame.toString("utf8", HEADER + HEAD, valueStart(frame));
}

/** Index of the first byte of the value in a frame. */
function valueStart(frame: Buffer): number {
    return HEADER + HEAD + frame.readUIntLE(HEADER + 7, 3);
}

interface Parts {
    kind: (typeof KINDS)[number];
    id: number;
    type: string;
    head: number;
    bytes: Buffer;
    size: number;
}

function toMessage({ kind, id, type, head, bytes, size }: Parts, reader: CustomReader): Message {
    if (kind === "cancel") return message(kind, RESPONSE, { uuid: id, last: true, cancel: true }, id, false, size);
    if (kind === "response") {
        const packet: Record<string, unknown> = { uuid: id, type, data: {}, last: (head & LAST) > 0 };
        if (head & FAILED) packet["error"] = readFailure(bytes);
        else if (head & EMPTY) packet["empty"] = true;
        else packet["data"] = reader.decode(bytes, type);
        return message(kind, RESPONSE, packet, id, false, size);
    }
    const data = reader.decode(bytes, type);
    if (kind === "message") return message(kind, type, data, undefined, false, size);
    if (kind !== "request") return message(kind, type, data, id, false, size);
    return message(kind, REQUEST, { uuid: reader.uuidOf(id), data, type, errors: true }, id, false, size);
}

function readFailure(bytes: Buffer): RemoteFailure {
    const failure: unknown = JSON.parse(bytes.toString());
    if (!isRemoteFailure(failure)) throw withoutStack(() => new TypeError("the error of a response is not valid"));
    return failure;
}
