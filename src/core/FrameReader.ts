import { SockhopError } from "../SockhopError";
import type { Framing } from "./Framing";
import { Rest } from "./Rest";

/** What a {@link FrameReader} knows of one stream of bytes. */
export interface Inbox {
    /** How many frames have ended. */
    frames: number;
    /** The frame that has begun, if one has. */
    rest: Rest | undefined;
    /**
     * There was a frame that it cannot give: `ERR_MESSAGE_TOO_LARGE`, or `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` for what is
     * longer than a string can be.
     */
    unreadable(error: SockhopError): void;
}

/** Cuts bytes into frames, whatever the pieces in which they arrive. One serves all connections. */
export class FrameReader {
    readonly #framing: Framing;

    constructor(framing: Framing) {
        this.#framing = framing;
    }

    /**
     * Takes the next bytes and gives back the texts of the frames that they complete, in order; possibly none.
     *
     * @param chunk - bytes cut at any place; copied where they have to be kept
     */
    read(chunk: Buffer, inbox: Inbox): string[] {
        const { rest } = inbox;
        if (!rest) return this.#split(chunk, inbox);
        // Only the end of the frame that has begun is put to what is kept: to copy all of the chunk costs more.
        const end = rest.endIn(chunk);
        if (end === -1) {
            this.#add(rest, chunk, inbox);
            return [];
        }
        inbox.rest = undefined;
        const first = this.#end(rest, chunk.subarray(0, end), inbox);
        return end === chunk.length ? first : first.concat(this.#split(chunk.subarray(end), inbox));
    }

    /** The frame that ends with these bytes, if it can be given. */
    #end(rest: Rest, bytes: Buffer, inbox: Inbox): string[] {
        const { terminator, limit } = this.#framing;
        inbox.frames += 1;
        const size = rest.size + bytes.length - terminator.bytes.length;
        if (rest.skipping) return [];
        if (size > limit) {
            inbox.unreadable(this.#framing.tooLarge(String(size)));
            return [];
        }
        try {
            return [rest.end(bytes).slice(0, -terminator.text.length)];
        } catch (cause) {
            inbox.unreadable(tooLong(cause));
            return [];
        }
    }

    /** The frames in bytes that begin with a frame. What comes after the last is kept. */
    #split(bytes: Buffer, inbox: Inbox): string[] {
        const { terminator, limit } = this.#framing;
        const end = terminator.lastEnd(bytes);
        let frames: string[] = [];
        let overlap = "";
        if (end > 0) {
            try {
                frames = terminator.split(bytes.toString("utf8", 0, end));
                overlap = frames.pop() ?? "";
            } catch (cause) {
                inbox.unreadable(tooLong(cause));
            }
            inbox.frames += frames.length;
            if (end > limit) frames = this.#fitting(frames, bytes, inbox);
        }
        const start = overlap === "" ? end : end - Buffer.byteLength(overlap);
        if (start < bytes.length) {
            inbox.rest = new Rest(terminator);
            this.#add(inbox.rest, bytes.subarray(start), inbox);
        }
        return frames;
    }

    /** The frames that are not too large: measured as they came, for what is no UTF-8 grows when it is decoded. */
    #fitting(frames: string[], bytes: Buffer, inbox: Inbox): string[] {
        const { terminator, limit } = this.#framing;
        let from = 0;
        return frames.filter(() => {
            const to = bytes.indexOf(terminator.bytes, from);
            const size = to - from;
            from = to + terminator.bytes.length;
            if (size > limit) inbox.unreadable(this.#framing.tooLarge(String(size)));
            return size <= limit;
        });
    }

    /** Keeps the beginning of a frame, and begins to skip one that is too large already, although its end has not come. */
    #add(rest: Rest, bytes: Buffer, inbox: Inbox): void {
        try {
            rest.add(bytes);
        } catch (cause) {
            inbox.unreadable(tooLong(cause));
            rest.skip();
        }
        // What may be the beginning of the terminator does not count.
        const size = rest.size - this.#framing.terminator.bytes.length + 1;
        if (rest.skipping || size <= this.#framing.limit) return;
        rest.skip();
        inbox.unreadable(this.#framing.tooLarge(`more than ${size}`));
    }
}

/** The error of a frame that is too long to be a string; anything else that has gone wrong is thrown. */
function tooLong(cause: unknown): SockhopError {
    if (!(cause instanceof Error && cause.message.includes("string"))) throw cause;
    const message = "Skipping corrupted data in buffer: the frame is too long to be a string";
    return new SockhopError(message, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA", { cause });
}
