import { parseFrame, type TappedMessage } from "./parseFrame";

const NEWLINE = "\n";

/** Bytes of a frame that are kept to look into it; of a larger one only the size is told. */
const LARGEST = 16 * 2 ** 20;

/** Bytes that the frames of all connections together may keep while their ends are missing. */
const MOST_KEPT = 128 * 2 ** 20;

/** Bytes of the smallest buffer of a frame. */
const SMALLEST = 2 ** 10;

const EMPTY = Buffer.alloc(0);

/** Cuts what goes over the wire into frames, without changing it. Work and memory grow linearly with the bytes. */
export class FrameSplitter {
    /** Bytes of the buffers of all of them. */
    static #kept = 0;

    readonly #terminator: Buffer;
    readonly #bare: boolean;
    /** Begins with what has come of a frame whose end has not, unless that is too large. */
    #buffer = EMPTY;
    #large = false;
    /** Bytes that have come of it. */
    #length = 0;
    /** The last of them, in which the terminator may have begun. */
    #tail: Buffer = EMPTY;
    #first = true;

    /** @param bare - peers of type "json": there are no envelopes */
    constructor(terminator = NEWLINE, bare = false) {
        this.#terminator = Buffer.from(terminator);
        this.#bare = bare;
    }

    /** The frames that end in this chunk. A blank line is none. */
    *push(chunk: Buffer): Generator<TappedMessage, void, void> {
        let start = 0;
        for (let end: number; (end = this.#endOf(chunk, start)) !== -1; start = end) {
            const frame = this.#complete(chunk.subarray(start, end));
            if (frame) yield frame;
        }
        if (start === chunk.length) return;
        const rest = chunk.subarray(start);
        this.#keep(rest);
        const last = Buffer.concat([this.#tail, rest.subarray(-this.#terminator.length)]);
        this.#tail = last.subarray(Math.max(0, last.length - this.#terminator.length + 1));
    }

    /** The frame that the end of the connection has cut short, if there is one. */
    end(): TappedMessage | undefined {
        const bytes = this.#length;
        const frame = this.#frame(bytes, this.#large ? undefined : this.#buffer.toString("utf8", 0, bytes));
        this.#forget();
        return frame && { ...frame, kind: frame.kind === "invalid" ? "incomplete" : frame.kind, incomplete: true };
    }

    /** Where the first terminator at or after `start` ends. */
    #endOf(chunk: Buffer, start: number): number {
        const { length } = this.#terminator;
        if (this.#tail.length > 0) {
            const border = Buffer.concat([this.#tail, chunk.subarray(0, length - 1)]);
            const at = border.indexOf(this.#terminator);
            if (at !== -1) return at + length - this.#tail.length;
        }
        const at = chunk.indexOf(this.#terminator, start);
        return at === -1 ? -1 : at + length;
    }

    /** @param part - the end of a frame, with the terminator */
    #complete(part: Buffer): TappedMessage | undefined {
        if (this.#length === 0) {
            const bytes = part.length - this.#terminator.length;
            if (bytes === 0) return undefined;
            return this.#frame(bytes, bytes > LARGEST ? undefined : part.toString("utf8", 0, bytes));
        }
        this.#keep(part);
        const bytes = this.#length - this.#terminator.length;
        const text = this.#large ? undefined : this.#buffer.toString("utf8", 0, bytes);
        this.#forget();
        return this.#frame(bytes, text);
    }

    #frame(bytes: number, text: string | undefined): TappedMessage | undefined {
        if (text === undefined) return { bytes, kind: "large" };
        const json = this.#first ? text.replace(/^\ufeff/, "") : text; // the byte order mark of a stream
        this.#first = false;
        return /^[ \t\r\n]*$/.test(json) ? undefined : { bytes, ...parseFrame(json, this.#bare) };
    }

    #keep(part: Buffer): void {
        const length = this.#length + part.length;
        if (!this.#large && length > this.#buffer.length) this.#grow(length);
        if (!this.#large) part.copy(this.#buffer, this.#length);
        this.#length = length;
    }

    /** Makes the buffer larger, at least twice as large, or gives it up. */
    #grow(length: number): void {
        const size = Math.min(LARGEST, Math.max(SMALLEST, length, 2 * this.#buffer.length));
        const more = size - this.#buffer.length;
        if (length > LARGEST || FrameSplitter.#kept + more > MOST_KEPT) {
            this.#release();
            this.#large = true;
            return;
        }
        const buffer = Buffer.allocUnsafeSlow(size);
        this.#buffer.copy(buffer, 0, 0, this.#length);
        this.#buffer = buffer;
        FrameSplitter.#kept += more;
    }

    #forget(): void {
        this.#release();
        this.#length = 0;
        this.#large = false;
        this.#tail = EMPTY;
    }

    #release(): void {
        FrameSplitter.#kept -= this.#buffer.length;
        this.#buffer = EMPTY;
    }
}
