import { isAscii } from "node:buffer";
import { SockhopError } from "../../SockhopError";
import type { ReadState } from "../Codec";
import { tooLargeError } from "../errors";
import { PartialFrame } from "./PartialFrame";
import type { Terminator } from "./Terminator";

/** {@link ReadState} of a stream of JSON frames. */
export interface JsonReadState extends ReadState {
    partialFrame: PartialFrame | undefined;
}

/**
 * Minimum number of bytes that Node copies to memory outside of V8's heap when they are Latin-1 (`EXTERN_APEX` in its source is
 * slightly smaller).
 */
const MIN_EXTERNAL_SIZE = 2 ** 20;

/** Cuts bytes into frames, whatever the pieces in which they arrive. One reader serves all connections. */
export class FrameReader {
    readonly #terminator: Terminator;
    readonly #maxSize: number;
    /** A shorter chunk has no frame that is too large, or that should be kept outside of V8's heap. */
    readonly #maxFastLength: number;

    /** @param maxSize - bytes of the largest frame */
    constructor(terminator: Terminator, maxSize: number) {
        this.#terminator = terminator;
        this.#maxSize = maxSize;
        this.#maxFastLength = Math.min(MIN_EXTERNAL_SIZE, maxSize);
    }

    /**
     * Takes the next bytes and gives back the texts of the frames that they complete, in order; possibly none.
     *
     * @param chunk - bytes cut at any place; copied where they have to be kept
     * @param length - how many there are: who reads into a large Buffer need not make a small one for each chunk
     */
    read(chunk: Buffer, state: JsonReadState, length = chunk.length): string[] {
        const terminator = this.#terminator;
        if (!state.partialFrame && length < this.#maxFastLength && terminator.isLastOf(chunk, length)) {
            const text = chunk.toString("utf8", 0, length - 1);
            const frames = text.includes(terminator.text) ? text.split(terminator.text) : [text];
            if (state.framesReceived === 0) skipByteOrderMark(frames);
            state.framesReceived += frames.length;
            return frames;
        }
        return this.#readPiece(length === chunk.length ? chunk : chunk.subarray(0, length), state);
    }

    #readPiece(chunk: Buffer, state: JsonReadState): string[] {
        const { partialFrame } = state;
        if (!partialFrame) return this.#split(chunk, state);
        const terminator = this.#terminator;
        const maxSize = this.#maxSize;
        // Only the end of the frame that has begun is put to what is kept: to copy all of the chunk costs more.
        const end = partialFrame.endIn(chunk, terminator);
        partialFrame.add(end === -1 ? chunk : chunk.subarray(0, end), maxSize);
        if (end === -1) {
            this.#check(partialFrame, state);
            return [];
        }
        state.partialFrame = undefined;
        const first = this.#split(partialFrame.bytes, state, partialFrame.isSkipped);
        return end === chunk.length || state.hasFailed ? first : first.concat(this.#split(chunk.subarray(end), state));
    }

    /** The frames in bytes that begin with a frame. What comes after the last is kept. */
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
                const message = "Skipping corrupted data in buffer: the frame is too long to be a string";
                state.onUnreadable(new SockhopError(message, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA", { cause }));
            }
            if (state.framesReceived === 0) skipByteOrderMark(frames);
            state.framesReceived += frames.length;
            if (end > maxSize) frames = this.#fitting(frames, bytes, state, skip);
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

    /** The frames that are not too large: measured as they came, for what is no UTF-8 grows when it is decoded. */
    #fitting(frames: string[], bytes: Buffer, state: JsonReadState, skip: boolean): string[] {
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

    /** Begins to skip a frame that is too large already, although its end has not come. */
    #check(rest: PartialFrame, state: JsonReadState): void {
        const size = rest.sizeBefore(this.#terminator);
        if (!rest.isSkipped && size <= this.#maxSize) return;
        rest.discard(size);
        if (rest.isSkipped) return;
        rest.isSkipped = true;
        state.onUnreadable(tooLargeError(`more than ${size}`, this.#maxSize));
    }
}

/** Leaves out the byte order mark at the beginning of a stream, which some programs write (RFC 8259, section 8.1). */
export function skipByteOrderMark(frames: string[]): void {
    if (frames[0]?.startsWith("\uFEFF")) frames[0] = frames[0].slice(1);
}

/**
 * The text of the first `end` bytes.
 *
 * Long ASCII is read as Latin-1, which is the same then: a copy, which Node keeps outside of V8's heap. (16 MB arrived after
 * 0.7 of the time.)
 */
function decode(bytes: Buffer, end: number): string {
    const encoding = end >= MIN_EXTERNAL_SIZE && isAscii(bytes.subarray(0, end)) ? "latin1" : "utf8";
    return bytes.toString(encoding, 0, end);
}
