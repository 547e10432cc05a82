import { HEADER, ID, LENGTH, hasId } from "./layout";

/** Parts of a frame. */
export interface FrameParts {
    layout: number;
    /** At most 255 bytes in UTF-8. */
    type: string;
    /** JSON text in UTF-8, or the bytes of a Buffer. */
    content: Buffer;
    /** Id of the call, if the layout has one. Longer ids than a frame holds are cut. */
    id?: unknown;
}

/** Size of a frame without its header, in bytes. */
export function payloadSize({ layout, type, content }: FrameParts): number {
    return 1 + Buffer.byteLength(type) + LENGTH + content.length + (hasId(layout) ? ID : 0);
}

/** Writes a frame. */
export function writeFrame(parts: FrameParts): Buffer {
    const { layout, type, content, id } = parts;
    const size = payloadSize(parts);
    const frame = Buffer.alloc(HEADER + size); // zeros end a short id
    let at = frame.writeUInt32LE(size, 0);
    at = frame.writeUInt8(layout, at);
    at = frame.writeUInt8(Buffer.byteLength(type), at);
    at += frame.write(type, at);
    at = frame.writeUInt32LE(content.length, at);
    at += content.copy(frame, at);
    if (hasId(layout)) frame.write(String(id), at, ID);
    return frame;
}
