import { isAscii } from "node:buffer";
import { SockhopError } from "../../SockhopError";
import type { JsonCodec } from "./JsonCodec";
import { PartialFrame } from "./PartialFrame";

/** What a {@link FrameReader} knows of one stream of bytes. */
export interface ReadState {
    /** How many frames have ended. */
    framesReceived: number;
    /** There was such a frame, and what is behind it is not wanted. */
    readonly hasFailed?: boolean;
    /** The frame that has begun, if one has. */
    partialFrame: PartialFrame | undefined;
    /**
     * There was a frame that it cannot give: `ERR_MESSAGE_TOO_LARGE`, or `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` for what is
     * longer than a string can be.
     */
    onUnreadable(error: SockhopError): void;
}

/** From so many bytes on Node copies Latin-1 to outside of V8's heap (its source, `EXTERN_APEX`, says some less). */
const LONG = 2 ** 20;

/** Cuts bytes into frames, whatever the pieces in which they arrive. One serves all connections. */
export class FrameReader {
    readonly #framing: JsonCodec;
    /** Shorter chunks have no frame that is too large, or is to be kept outside of V8's heap. */
    readonly #short: number;

    constructor(framing: JsonCodec) {
        this.#framing = framing;
        this.#short = Math.min(LONG, framing.maxSize);
    }

    /**
     * Takes the next bytes and gives back the texts of the frames that they complete, in order; possibly none.
     *
     * @param chunk - bytes cut at any place; copied where they have to be kept
     * @param length - how many there are: who reads into a large Buffer need not make a small one for each chunk
     */
    read(chunk: Buffer, inbox: ReadState, length = chunk.length): string[] {
        const { terminator } = this.#framing;
        if (!inbox.partialFrame && length < this.#short && terminator.isLastOf(chunk, length)) {
            const text = chunk.toString("utf8", 0, length - 1);
            const frames = text.includes(terminator.text) ? text.split(terminator.text) : [text];
            if (inbox.framesReceived === 0) skipByteOrderMark(frames);
            inbox.framesReceived += frames.length;
            return frames;
        }
        return this.#readPiece(length === chunk.length ? chunk : chunk.subarray(0, length), inbox);
    }

    #readPiece(chunk: Buffer, inbox: ReadState): string[] {
        const { partialFrame } = inbox;
        if (!partialFrame) return this.#split(chunk, inbox);
        const { terminator, maxSize } = this.#framing;
        // Only the end of the frame that has begun is put to what is kept: to copy all of the chunk costs more.
        const end = partialFrame.endIn(chunk, terminator);
        partialFrame.add(end === -1 ? chunk : chunk.subarray(0, end), maxSize);
        if (end === -1) {
            this.#check(partialFrame, inbox);
            return [];
        }
        inbox.partialFrame = undefined;
        const first = this.#split(partialFrame.bytes, inbox, partialFrame.isSkipped);
        return end === chunk.length || inbox.hasFailed ? first : first.concat(this.#split(chunk.subarray(end), inbox));
    }

    /** The frames in bytes that begin with a frame. What comes after the last is kept. */
    #split(bytes: Buffer, inbox: ReadState, skip = false): string[] {
        const { terminator, maxSize } = this.#framing;
        const end = terminator.lastEnd(bytes);
        let frames: string[] = [];
        let overlap = "";
        if (end > 0) {
            try {
                frames = terminator.split(decode(bytes, end));
                overlap = frames.pop() ?? "";
            } catch (cause) {
                const message = "Skipping corrupted data in buffer: the frame is too long to be a string";
                inbox.onUnreadable(new SockhopError(message, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA", { cause }));
            }
            if (inbox.framesReceived === 0) skipByteOrderMark(frames);
            inbox.framesReceived += frames.length;
            if (end > maxSize) frames = this.#fitting(frames, bytes, inbox, skip);
            else if (skip) frames.shift();
        }
        const start = overlap === "" ? end : end - Buffer.byteLength(overlap);
        if (start < bytes.length) {
            inbox.partialFrame = new PartialFrame();
            inbox.partialFrame.add(bytes.subarray(start), maxSize);
            this.#check(inbox.partialFrame, inbox);
        }
        return frames;
    }

    /** The frames that are not too large: measured as they came, for what is no UTF-8 grows when it is decoded. */
    #fitting(frames: string[], bytes: Buffer, inbox: ReadState, skip: boolean): string[] {
        const { terminator, maxSize } = this.#framing;
        let from = 0;
        return frames.filter((_, n) => {
            const to = bytes.indexOf(terminator.bytes, from);
            const size = to - from;
            from = to + terminator.bytes.length;
            if (n === 0 && skip) return false;
            if (size > maxSize && !inbox.hasFailed) inbox.onUnreadable(this.#framing.tooLargeError(String(size)));
            return size <= maxSize && !inbox.hasFailed;
        });
    }

    /** Begins to skip a frame that is too large already, although its end has not come. */
    #check(rest: PartialFrame, inbox: ReadState): void {
        const size = rest.sizeBefore(this.#framing.terminator);
        if (!rest.isSkipped && size <= this.#framing.maxSize) return;
        rest.discard(size);
        if (rest.isSkipped) return;
        rest.isSkipped = true;
        inbox.onUnreadable(this.#framing.tooLargeError(`more than ${size}`));
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
    const encoding = end >= LONG && isAscii(bytes.subarray(0, end)) ? "latin1" : "utf8";
    return bytes.toString(encoding, 0, end);
}
