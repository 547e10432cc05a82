import { isAscii } from "node:buffer";
import { SockhopError } from "../../SockhopError";
import type { ReadState } from "../Encoder";
import { tooLargeError } from "../errors";
import { PartialFrame } from "./PartialFrame";
import type { Terminator } from "./Terminator";

/** {@link ReadState} of a stream of JSON frames. */
export interface JsonReadState extends ReadState {
    partialFrame: PartialFrame | undefined;
}

/**
 * Minimum size in bytes of a Latin-1 text that Node stores outside of the V8 heap (`EXTERN_APEX` in its source is
 * slightly smaller).
 */
const MIN_EXTERNAL_SIZE = 2 ** 20;

/**
 * Splits a stream of bytes into frames. The chunks can end at any byte. All connections of an endpoint share one
 * reader.
 */
export class FrameReader {
    readonly #terminator: Terminator;
    readonly #maxSize: number;
    /**
     * Limit of the fast path in bytes: a shorter chunk has no frame above `maxSize`, and none to store outside of the
     * V8 heap.
     */
    readonly #fastPathLimit: number;

    /** @param maxSize - maximum size of a frame in bytes */
    constructor(terminator: Terminator, maxSize: number) {
        this.#terminator = terminator;
        this.#maxSize = maxSize;
        this.#fastPathLimit = Math.min(MIN_EXTERNAL_SIZE, maxSize);
    }

    /**
     * Reads the next bytes.
     *
     * @param chunk - bytes, split at any position; bytes of a partial frame are copied
     * @param length - number of valid bytes in `chunk`, so that a caller with one large Buffer creates no small ones
     * @returns texts of the frames that these bytes complete, in order
     */
    read(chunk: Buffer, state: JsonReadState, length = chunk.length): string[] {
        const terminator = this.#terminator;
        if (!state.partialFrame && length < this.#fastPathLimit && terminator.isLastOf(chunk, length)) {
            const text = chunk.toString("utf8", 0, length - 1);
            const frames = text.includes(terminator.text) ? text.split(terminator.text) : [text];
            if (state.framesReceived === 0) skipByteOrderMark(frames);
            state.framesReceived += frames.length;
            return frames;
        }
        return this.#readChunk(length === chunk.length ? chunk : chunk.subarray(0, length), state);
    }

    #readChunk(chunk: Buffer, state: JsonReadState): string[] {
        const { partialFrame } = state;
        if (!partialFrame) return this.#split(chunk, state);
        const terminator = this.#terminator;
        const maxSize = this.#maxSize;
        // Copies only the end of the partial frame to its start: copying the whole chunk is slower.
        const end = partialFrame.endIn(chunk, terminator);
        partialFrame.add(end === -1 ? chunk : chunk.subarray(0, end), maxSize);
        if (end === -1) {
            this.#check(partialFrame, state);
            return [];
        }
        state.partialFrame = undefined;
        const first = this.#split(partialFrame.bytes, state, partialFrame.isSkipped);
        partialFrame.release(); // the texts are copies
        return end === chunk.length || state.hasFailed ? first : first.concat(this.#split(chunk.subarray(end), state));
    }

    /** Splits bytes that start with a frame. Stores the bytes after the last frame as a partial frame. */
    #split(bytes: Buffer, state: JsonReadState, skip = false): string[] {
        const terminator = this.#terminator;
        const maxSize = this.#maxSize;
        const end = terminator.lastEnd(bytes);
        let frames: string[] = [];
        let overlap = "";
        if (end > 0) {
            try {
                frames = terminator.split(decode(bytes, end));
                overlap = frames.pop() ?? "";
            } catch (cause) {
                const message = "Skipping corrupted data in buffer: the frame exceeds the maximum length of a string";
                state.onUnreadable(new SockhopError(message, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA", { cause }));
            }
            if (state.framesReceived === 0) skipByteOrderMark(frames);
            state.framesReceived += frames.length;
            if (end > maxSize) frames = this.#withinLimit(frames, bytes, state, skip);
            else if (skip) frames.shift();
        }
        const start = overlap === "" ? end : end - Buffer.byteLength(overlap);
        if (start < bytes.length) {
            state.partialFrame = new PartialFrame();
            state.partialFrame.add(bytes.subarray(start), maxSize);
            this.#check(state.partialFrame, state);
        }
        return frames;
    }

    /** Removes frames above `maxSize`. Measures the received bytes, because invalid UTF-8 grows when it is decoded. */
    #withinLimit(frames: string[], bytes: Buffer, state: JsonReadState, skip: boolean): string[] {
        const terminator = this.#terminator;
        const maxSize = this.#maxSize;
        let from = 0;
        return frames.filter((_, n) => {
            const to = bytes.indexOf(terminator.bytes, from);
            const size = to - from;
            from = to + terminator.bytes.length;
            if (n === 0 && skip) return false;
            if (size > maxSize && !state.hasFailed) state.onUnreadable(tooLargeError(String(size), maxSize));
            return size <= maxSize && !state.hasFailed;
        });
    }

    /** Skips a partial frame that already exceeds `maxSize`. */
    #check(frame: PartialFrame, state: JsonReadState): void {
        const size = frame.sizeBefore(this.#terminator);
        if (!frame.isSkipped && size <= this.#maxSize) return;
        frame.discard(size);
        if (frame.isSkipped) return;
        frame.isSkipped = true;
        state.onUnreadable(tooLargeError(`more than ${size}`, this.#maxSize));
    }
}

/** Removes the byte order mark that some programs write at the start of a stream (RFC 8259, section 8.1). */
export function skipByteOrderMark(frames: string[]): void {
    if (frames[0]?.startsWith("\uFEFF")) frames[0] = frames[0].slice(1);
}

/**
 * Decodes the first `end` bytes.
 *
 * Long ASCII is decoded as Latin-1, with the same result: Node copies it, and stores it outside of the V8 heap. (A
 * message of 16 MB: 0.7 of the time.)
 */
function decode(bytes: Buffer, end: number): string {
    const encoding = end >= MIN_EXTERNAL_SIZE && isAscii(bytes.subarray(0, end)) ? "latin1" : "utf8";
    return bytes.toString(encoding, 0, end);
}
