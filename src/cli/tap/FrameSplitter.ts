import { parseFrame, type TappedMessage } from "./parseFrame";

const NEWLINE = "\n";

/** Largest frame that is parsed, in bytes. Of a larger one, only the size is reported. */
const MAX_FRAME = 16 * 2 ** 20;

/** Limit for the incomplete frames of all connections, in bytes. */
const MAX_BUFFERED = 128 * 2 ** 20;

/** Size of the first buffer of a frame, in bytes. */
const MIN_BUFFER = 2 ** 10;

const EMPTY = Buffer.alloc(0);

/** Splits the bytes of one direction of a connection into frames. Time and memory grow linearly with the bytes. */
export class FrameSplitter {
    /** Total size of the buffers of all instances. */
    static #buffered = 0;

    readonly #terminator: Buffer;
    readonly #plainJson: boolean;
    /** Starts with the bytes of the incomplete frame. Empty if that is too large. */
    #buffer = EMPTY;
    #tooLarge = false;
    /** Number of bytes of the incomplete frame. */
    #length = 0;
    /** Its last bytes, which may be the start of a terminator. */
    #tail: Buffer = EMPTY;
    #atStreamStart = true;

    /** @param plainJson - frames have no envelope */
    constructor(terminator = NEWLINE, plainJson = false) {
        this.#terminator = Buffer.from(terminator);
        this.#plainJson = plainJson;
    }

    /** Yields the frames that end in this chunk. Skips blank lines. */
    *push(chunk: Buffer): Generator<TappedMessage, void, void> {
        let start = 0;
        for (let end: number; (end = this.#findEnd(chunk, start)) !== -1; start = end) {
            const message = this.#complete(chunk.subarray(start, end));
            if (message) yield message;
        }
        if (start === chunk.length) return;
        const part = chunk.subarray(start);
        this.#append(part);
        const end = Buffer.concat([this.#tail, part.subarray(-this.#terminator.length)]);
        this.#tail = end.subarray(Math.max(0, end.length - this.#terminator.length + 1));
    }

    /** Returns the incomplete frame at the end of the connection. */
    end(): TappedMessage | undefined {
        const bytes = this.#length;
        const message = this.#parse(bytes, this.#tooLarge ? undefined : this.#buffer.toString("utf8", 0, bytes));
        this.#reset();
        return (
            message && { ...message, kind: message.kind === "invalid" ? "incomplete" : message.kind, incomplete: true }
        );
    }

    /** Returns the index after the first terminator at or after `start`, or -1. */
    #findEnd(chunk: Buffer, start: number): number {
        const { length } = this.#terminator;
        if (this.#tail.length > 0) {
            const border = Buffer.concat([this.#tail, chunk.subarray(0, length - 1)]);
            const index = border.indexOf(this.#terminator);
            if (index !== -1) return index + length - this.#tail.length;
        }
        const index = chunk.indexOf(this.#terminator, start);
        return index === -1 ? -1 : index + length;
    }

    /** @param part - end of a frame, with the terminator */
    #complete(part: Buffer): TappedMessage | undefined {
        if (this.#length === 0) {
            const bytes = part.length - this.#terminator.length;
            if (bytes === 0) return undefined;
            return this.#parse(bytes, bytes > MAX_FRAME ? undefined : part.toString("utf8", 0, bytes));
        }
        this.#append(part);
        const bytes = this.#length - this.#terminator.length;
        const text = this.#tooLarge ? undefined : this.#buffer.toString("utf8", 0, bytes);
        this.#reset();
        return this.#parse(bytes, text);
    }

    /** @param text - `undefined` if the frame is too large */
    #parse(bytes: number, text: string | undefined): TappedMessage | undefined {
        if (text === undefined) return { bytes, kind: "large" };
        const json = this.#atStreamStart ? text.replace(/^\ufeff/, "") : text; // the byte order mark of a stream
        this.#atStreamStart = false;
        return /^[ \t\r\n]*$/.test(json) ? undefined : { bytes, ...parseFrame(json, this.#plainJson) };
    }

    #append(part: Buffer): void {
        const length = this.#length + part.length;
        if (!this.#tooLarge && length > this.#buffer.length) this.#grow(length);
        if (!this.#tooLarge) part.copy(this.#buffer, this.#length);
        this.#length = length;
    }

    /** Replaces the buffer by one of at least twice the size. Gives it up above a limit. */
    #grow(length: number): void {
        const size = Math.min(MAX_FRAME, Math.max(MIN_BUFFER, length, 2 * this.#buffer.length));
        const added = size - this.#buffer.length;
        if (length > MAX_FRAME || FrameSplitter.#buffered + added > MAX_BUFFERED) {
            this.#release();
            this.#tooLarge = true;
            return;
        }
        const buffer = Buffer.allocUnsafeSlow(size);
        this.#buffer.copy(buffer, 0, 0, this.#length);
        this.#buffer = buffer;
        FrameSplitter.#buffered += added;
    }

    #reset(): void {
        this.#release();
        this.#length = 0;
        this.#tooLarge = false;
        this.#tail = EMPTY;
    }

    #release(): void {
        FrameSplitter.#buffered -= this.#buffer.length;
        this.#buffer = EMPTY;
    }
}
