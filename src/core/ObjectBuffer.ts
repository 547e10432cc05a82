import { EventEmitter } from "node:events";
import { SockhopError } from "../SockhopError";
import { Terminator } from "./Terminator";
import { toJson } from "./json";
import { amount } from "./limits";

/** Options of an {@link ObjectBuffer}. */
export interface ObjectBufferOptions {
    /**
     * What ends a frame: one string for both directions, or `[receive, transmit]`. Any length; counted in bytes of
     * UTF-8. Anything but a string or an array means the default.
     *
     * @default "\n"
     */
    terminator?: string | readonly string[] | null | undefined;
    /**
     * `true`: a frame that is not JSON is received as the string it is, and values that are no objects can be sent.
     *
     * @default false
     */
    allow_non_objects?: boolean | undefined;
    /**
     * Bytes that one message may have, as JSON text and without the terminator; `Infinity` for no limit. A larger one is
     * refused where it is sent, with `ERR_MESSAGE_TOO_LARGE`, and where it is received, while it arrives: less than
     * twice as many bytes are kept for it.
     *
     * @default 104857600 (100 MiB)
     */
    max_message_size?: number | undefined;
}

const EMPTY = Buffer.alloc(0);

/**
 * Turns objects into bytes and bytes back into objects, whatever the pieces in which the bytes arrive.
 *
 * A frame is one JSON text in UTF-8 and a terminator. This class knows no socket: {@link SockhopClient} and
 * {@link SockhopServer} keep one for each connection, and it can be used alone.
 *
 * It emits `error` with a {@link SockhopError}, synchronously, from inside its two methods. Like any EventEmitter it
 * throws that error when nobody listens, so listen.
 */
export class ObjectBuffer extends EventEmitter {
    readonly #rx: Terminator;
    readonly #tx: Terminator;
    readonly #allowNonObjects: boolean;
    readonly #limit: number;
    /** How many frames have ended. */
    #frames = 0;
    /** The frame that has begun is too large: what follows of it is thrown away. */
    #skipping = false;
    /** Room for the beginning of a frame that has not ended yet; its first `#length` bytes are in use. */
    #room: Buffer = EMPTY;
    #length = 0;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator, or a size that is none. */
    constructor({ terminator, allow_non_objects, max_message_size }: ObjectBufferOptions = {}) {
        super();
        const [rx, tx] = Array.isArray(terminator) ? (terminator as readonly string[]) : [terminator as string];
        this.#rx = new Terminator(typeof rx === "string" ? rx : "\n");
        this.#tx = typeof tx === "string" ? new Terminator(tx) : this.#rx;
        this.#allowNonObjects = allow_non_objects === true;
        this.#limit = amount("max_message_size", max_message_size, 100 * 2 ** 20);
    }

    /**
     * The number of the frame that has begun, if one has: frames are counted as they end.
     *
     * @internal
     */
    get unfinished(): number | undefined {
        return this.#length > 0 || this.#skipping ? this.#frames : undefined;
    }

    /**
     * Takes the next bytes and gives back the values that they complete, in order; possibly none.
     *
     * A frame that is not JSON is skipped with an `error` event (`ERR_OBJECTBUFFER_BAD_BUFFER_DATA`), or comes out as a
     * string with `allow_non_objects`. One that is larger than `max_message_size` is skipped with an `error` event
     * (`ERR_MESSAGE_TOO_LARGE`), when that is seen. Anything but a Buffer is refused with an `error` event
     * (`ERR_OBJECTBUFFER_BAD_BUFFER`) and leaves no trace.
     *
     * @param buffer - bytes cut at any place; copied where they have to be kept
     */
    buf2obj(buffer: Buffer): unknown[] {
        if (!Buffer.isBuffer(buffer)) {
            this.emit(
                "error",
                new SockhopError("buf2obj called with non buffer object", "ERR_OBJECTBUFFER_BAD_BUFFER"),
            );
            return [];
        }
        // Of what we have kept, only the last bytes can be the beginning of a terminator: the rest is never searched
        // again. Together with the doubling in #keep this makes the work linear in the size of a message.
        const from = Math.max(0, this.#length - this.#rx.bytes.length + 1);
        const bytes = this.#length === 0 ? buffer : this.#keep(buffer);
        const last = bytes.subarray(from).lastIndexOf(this.#rx.bytes);
        if (last === -1) {
            if (this.#length === 0) this.#keep(buffer);
            this.#checkRest();
            return [];
        }
        const end = from + last + this.#rx.bytes.length;
        this.#room = EMPTY;
        this.#length = 0;
        let frames: string[];
        try {
            frames = bytes.toString("utf8", 0, end).split(this.#rx.text);
        } catch (cause) {
            // Longer than a string can be (ERR_STRING_TOO_LONG, 512 MiB on Node 20).
            this.#keep(bytes.subarray(end));
            this.#reportBadFrame(cause);
            return [];
        }
        // Empty, unless the terminator overlaps itself: "aaa" is the terminator "aa" and the beginning of another.
        const overlap = frames.pop() ?? "";
        this.#frames += frames.length;
        if (this.#skipping) frames.shift();
        this.#skipping = false;
        this.#keep(bytes.subarray(end - Buffer.byteLength(overlap)));
        const values = this.#parse(end > this.#limit ? frames.filter((frame) => this.#fits(frame)) : frames);
        this.#checkRest();
        return values;
    }

    /**
     * The bytes of one frame.
     *
     * A value whose `typeof` is not `"object"` needs `allow_non_objects`; without it there is an `error` event
     * (`ERR_OBJECTBUFFER_BAD_OBJECT`) and no Buffer.
     *
     * @throws {@link SockhopError} `ERR_BAD_DATA` for what JSON cannot express, `ERR_MESSAGE_TOO_LARGE`
     */
    obj2buf(value: unknown): Buffer | undefined {
        try {
            return Buffer.from(this.encode(value));
        } catch (error) {
            if ((error as SockhopError).code !== "ERR_OBJECTBUFFER_BAD_OBJECT") throw error;
            this.emit("error", error);
            return undefined;
        }
    }

    /**
     * As {@link ObjectBuffer.obj2buf}, but as text, and throws every error.
     *
     * @internal
     */
    encode(value: unknown): string {
        if (typeof value !== "object" && !this.#allowNonObjects) {
            throw new SockhopError(
                "obj2buf called with non object type (see the option allow_non_objects)",
                "ERR_OBJECTBUFFER_BAD_OBJECT",
            );
        }
        return this.frame(toJson(value));
    }

    /**
     * JSON text as the text of a frame.
     *
     * @throws {@link SockhopError} `ERR_MESSAGE_TOO_LARGE`
     * @internal
     */
    frame(json: string): string {
        const text = this.#tx.protect(json);
        const error = this.#oversize(text);
        if (error) throw error;
        return text + this.#tx.text;
    }

    /** Adds bytes to what is kept, and gives back all of it. */
    #keep(bytes: Buffer): Buffer {
        const length = this.#length + bytes.length;
        if (length > this.#room.length) {
            const room = Buffer.allocUnsafe(Math.max(length, Math.min(2 * this.#room.length, this.#limit)));
            this.#room.copy(room, 0, 0, this.#length);
            this.#room = room;
        }
        bytes.copy(this.#room, this.#length);
        this.#length = length;
        return this.#room.subarray(0, length);
    }

    /** Begins to skip a frame that is too large already, although its end has not come. */
    #checkRest(): void {
        // What may be the beginning of the terminator does not count.
        const size = this.#length - this.#rx.bytes.length + 1;
        if (!this.#skipping && size <= this.#limit) return;
        const tail = Buffer.from(this.#room.subarray(Math.max(0, size), this.#length));
        this.#room = tail;
        this.#length = tail.length;
        if (this.#skipping) return;
        this.#skipping = true;
        this.emit("error", this.#tooLarge(`more than ${size}`));
    }

    #fits(frame: string): boolean {
        const error = this.#oversize(frame);
        if (error) this.emit("error", error);
        return !error;
    }

    /** What is wrong with a message of this text, if it is too large. */
    #oversize(text: string): SockhopError | undefined {
        if (3 * text.length <= this.#limit) return undefined; // a UTF-16 unit has at most three bytes in UTF-8
        const size = Buffer.byteLength(text);
        return size > this.#limit ? this.#tooLarge(String(size)) : undefined;
    }

    #tooLarge(size: string): SockhopError {
        const message = `A message of ${size} bytes is larger than max_message_size, ${this.#limit} bytes`;
        return new SockhopError(message, "ERR_MESSAGE_TOO_LARGE");
    }

    #parse(frames: string[]): unknown[] {
        const values: unknown[] = [];
        for (const frame of frames) {
            try {
                values.push(JSON.parse(frame));
            } catch (cause) {
                if (this.#allowNonObjects) values.push(frame);
                else this.#reportBadFrame(cause);
            }
        }
        return values;
    }

    #reportBadFrame(cause: unknown): void {
        const message = "Skipping corrupted data in buffer: the frame is not JSON";
        this.emit("error", new SockhopError(message, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA", { cause }));
    }
}
