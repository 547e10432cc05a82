import { ENCODINGS, FORMAT, HEADER, MARK, PREFIX } from "./layout";

// Frames as a whole, without their contents.

/** True for bytes that begin with a frame; false for lines. */
export function isFrames(bytes: Buffer): boolean {
    return bytes[0] === MARK;
}

/** Number of bytes of the frame that begins at an index, as its header says. A peer can claim any, also less than a header. */
export function frameSize(bytes: Buffer, start = 0): number {
    return PREFIX + bytes.readUInt32LE(start + 2);
}

/** Index behind the frame that begins at an index. */
export function endOfFrame(bytes: Buffer, start: number): number {
    return start + frameSize(bytes, start);
}

/** Number of frames in bytes that hold nothing else. */
export function countFrames(bytes: Buffer): number {
    let count = 0;
    for (let at = 0; at < bytes.length; at = endOfFrame(bytes, at)) count += 1;
    return count;
}

/** True for bytes that are one frame, as its header says. Others would damage all frames behind them. */
export function isOneFrame(bytes: Buffer): boolean {
    if (bytes.length < HEADER || bytes[0] !== MARK || bytes[1] !== FORMAT) return false;
    return frameSize(bytes) === bytes.length && bytes.readUInt32LE(7) <= bytes.length - HEADER;
}

/** Number of bytes of the message of a frame that has one, as `max_message_size` counts them: with its text in UTF-8. */
export function messageSize(frame: Buffer): number {
    const size = frame.readUInt32LE(7);
    const text = frame.subarray(HEADER + size);
    return size + Buffer.byteLength(text.toString(ENCODINGS.at(frame[6] as number)));
}
