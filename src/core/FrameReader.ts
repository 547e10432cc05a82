import { SockhopError } from "../SockhopError";
import type { Framing } from "./Framing";

const EMPTY = Buffer.alloc(0);

/** Whom a {@link FrameReader} tells of a frame that it cannot give. */
export interface FrameSink {
    /** `ERR_MESSAGE_TOO_LARGE`, or `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` for what is longer than a string can be. */
    unreadable(error: SockhopError): void;
}

/** Cuts the bytes of one connection into frames, whatever the pieces in which they arrive. */
export class FrameReader {
    readonly #framing: Framing;
    /** How many frames have ended. */
    frames = 0;
    /** The frame that has begun is too large: what follows of it is thrown away. */
    #skipping = false;
    /** Room for the beginning of a frame that has not ended yet; its first `#length` bytes are in use. */
    #room: Buffer = EMPTY;
    #length = 0;

    constructor(framing: Framing) {
        this.#framing = framing;
    }

    /** The number of the frame that has begun, if one has: frames are counted as they end. */
    get unfinished(): number | undefined {
        return this.#length > 0 || this.#skipping ? this.frames : undefined;
    }

    /**
     * Takes the next bytes and gives back the texts of the frames that they complete, in order; possibly none.
     *
     * @param chunk - bytes cut at any place; copied where they have to be kept
     */
    read(chunk: Buffer, sink: FrameSink): string[] {
        if (this.#length === 0 && !this.#skipping) return this.#split(chunk, sink);
        // Only the end of the frame that has begun is put to what is kept: to copy all of the chunk costs more.
        const end = this.#endIn(chunk);
        if (end === -1) {
            this.#keep(chunk);
            this.#checkRest(sink);
            return [];
        }
        const whole = this.#keep(chunk.subarray(0, end));
        const skipped = this.#skipping;
        this.#skipping = false;
        this.#room = EMPTY;
        this.#length = 0;
        const first = this.#split(whole, sink, skipped);
        return end === chunk.length ? first : first.concat(this.#split(chunk.subarray(end), sink));
    }

    /** Where in the chunk the frame that has begun ends, or -1. What is kept has no whole terminator. */
    #endIn(chunk: Buffer): number {
        const { bytes } = this.#framing.terminator;
        const most = bytes.length - 1;
        const kept = Math.min(most, this.#length);
        if (kept > 0) {
            const tail = this.#room.subarray(this.#length - kept, this.#length);
            const border = Buffer.concat([tail, chunk.subarray(0, most)]).indexOf(bytes);
            if (border !== -1) return border + bytes.length - kept;
        }
        const found = chunk.indexOf(bytes);
        return found === -1 ? -1 : found + bytes.length;
    }

    /** The frames in bytes that begin with a frame. What comes after the last is kept. */
    #split(bytes: Buffer, sink: FrameSink, skip = false): string[] {
        const { terminator, limit } = this.#framing;
        const end = terminator.lastEnd(bytes);
        let frames: string[] = [];
        let overlap = "";
        if (end > 0) {
            try {
                frames = terminator.split(bytes.toString("utf8", 0, end));
                overlap = frames.pop() ?? "";
            } catch (cause) {
                const message = "Skipping corrupted data in buffer: the frame is too long to be a string";
                sink.unreadable(new SockhopError(message, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA", { cause }));
            }
            this.frames += frames.length;
            if (end > limit) frames = this.#fitting(frames, bytes, sink, skip);
            else if (skip) frames.shift();
        }
        const rest = overlap === "" ? end : end - Buffer.byteLength(overlap);
        if (rest < bytes.length) {
            this.#keep(bytes.subarray(rest));
            this.#checkRest(sink);
        }
        return frames;
    }

    /** The frames that are not too large: measured as they came, for what is no UTF-8 grows when it is decoded. */
    #fitting(frames: string[], bytes: Buffer, sink: FrameSink, skip: boolean): string[] {
        const { terminator, limit } = this.#framing;
        let from = 0;
        return frames.filter((_, n) => {
            const to = bytes.indexOf(terminator.bytes, from);
            const size = to - from;
            from = to + terminator.bytes.length;
            if (n === 0 && skip) return false;
            if (size > limit) sink.unreadable(this.#framing.tooLarge(String(size)));
            return size <= limit;
        });
    }

    /** Adds bytes to what is kept, and gives back all of it. By doubling, so that the work is linear in the size. */
    #keep(bytes: Buffer): Buffer {
        const length = this.#length + bytes.length;
        if (length > this.#room.length) {
            const room = Buffer.allocUnsafe(Math.max(length, Math.min(2 * this.#room.length, this.#framing.limit)));
            this.#room.copy(room, 0, 0, this.#length);
            this.#room = room;
        }
        bytes.copy(this.#room, this.#length);
        this.#length = length;
        return this.#room.subarray(0, length);
    }

    /** Begins to skip a frame that is too large already, although its end has not come. */
    #checkRest(sink: FrameSink): void {
        // What may be the beginning of the terminator does not count.
        const size = this.#length - this.#framing.terminator.bytes.length + 1;
        if (!this.#skipping && size <= this.#framing.limit) return;
        const tail = Buffer.from(this.#room.subarray(Math.max(0, size), this.#length));
        this.#room = tail;
        this.#length = tail.length;
        if (this.#skipping) return;
        this.#skipping = true;
        sink.unreadable(this.#framing.tooLarge(`more than ${size}`));
    }
}
