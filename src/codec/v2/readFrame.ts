import { RESERVED_TYPES } from "../../protocol/Envelope";
import { type InvalidMessage, type Message, invalid, message, toMessage } from "../../protocol/Message";
import { isUuid } from "../../protocol/uuid";
import { messageOf } from "../../runtime/thrownValues";
import { withoutStack } from "../errors";
import { BYTES, HEADER, ID, JSON_MESSAGE, JSON_REPLY, LENGTH, hasId, isLayout } from "./layout";

/** Fields of a frame. `content` is a part of the frame. */
interface Fields {
    layout: number;
    type: string;
    content: Buffer;
    /** Empty if there is none. */
    id: string;
}

/**
 * Decodes a frame. Never throws. Bytes after the last field are ignored.
 *
 * @param frame - with its header, whose length is that of the frame
 */
export function readFrame(frame: Buffer): Message | InvalidMessage {
    const layout = layoutOf(frame);
    if (!isLayout(layout)) return invalid(`the binary frame has the unknown number ${layout}`);
    const fields = fieldsOf(frame, layout);
    if (!fields) return invalid("the binary frame is too short for its fields");
    if (isReply(layout) && fields.id === "") return invalid("a reply has no id", fields.type);
    return layout >= JSON_MESSAGE + BYTES ? bytesMessage(fields, frame.length) : jsonMessage(fields, frame.length);
}

/** Returns type and size of a frame that this end has written, for diagnostics. */
export function describeFrame(frame: Buffer): { type: unknown; bytes: number } {
    return { type: fieldsOf(frame, layoutOf(frame))?.type, bytes: frame.length };
}

function layoutOf(frame: Buffer): number {
    return frame[HEADER - 1] as number;
}

function isReply(layout: number): boolean {
    return layout === JSON_REPLY || layout === JSON_REPLY + BYTES;
}

/** Returns `undefined` if the frame is too short. */
function fieldsOf(frame: Buffer, layout: number): Fields | undefined {
    const typeEnd = HEADER + 1 + (frame[HEADER] ?? 0);
    const start = typeEnd + LENGTH;
    if (start > frame.length) return undefined;
    const end = start + frame.readUInt32LE(typeEnd);
    if (end + (hasId(layout) ? ID : 0) > frame.length) return undefined;
    const type = frame.toString("utf8", HEADER + 1, typeEnd);
    const id = hasId(layout) ? idOf(frame.toString("utf8", end, end + ID)) : "";
    return { layout, type, content: frame.subarray(start, end), id };
}

/** Returns the text before the first zero. */
function idOf(text: string): string {
    const end = text.indexOf("\0");
    return end === -1 ? text : text.slice(0, end);
}

function jsonMessage({ layout, type, content, id }: Fields, size: number): Message | InvalidMessage {
    let data: unknown;
    try {
        data = withoutStack(() => JSON.parse(content.toString()) as unknown);
    } catch (error) {
        // The original error of V8 would keep the whole text in memory.
        const cause = withoutStack(() => new SyntaxError(messageOf(error)));
        return invalid("the value in the binary frame is not JSON", type, cause);
    }
    const decoded = toMessage({ type, data, [isReply(layout) ? "callback_id" : "id"]: id });
    if (decoded.kind === "invalid") return decoded;
    return message(decoded.kind, decoded.type, decoded.data, decoded.id, decoded.hasUuid, size);
}

/** Copies the bytes: the frame can be a part of a chunk whose memory is used again. */
function bytesMessage({ layout, type, content, id }: Fields, size: number): Message | InvalidMessage {
    if (RESERVED_TYPES.has(type)) return invalid(`bytes have the type ${type}, which sockhop reserves`, type);
    const data = Buffer.from(content);
    if (isReply(layout)) return message("reply", type, data, id, false, size);
    return id === ""
        ? message("message", type, data, undefined, false, size)
        : message("call", type, data, id, isUuid(id), size);
}
