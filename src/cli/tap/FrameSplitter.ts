import { frameSize } from "../../codec/binary/frames";
import { HEADER, MARK } from "../../codec/binary/layout";
import type { Hello } from "../../protocol/Hello";
import { parseFrame, type TapKind, type TappedMessage } from "../../inspect/frames/parseFrame";

const NEWLINE = "\n";

/** Largest frame that is parsed, in bytes. Of a larger one, only the size is reported. */
const MAX_FRAME = 16 * 2 ** 20;

/** Limit for the incomplete frames of all connections, in bytes. */
const MAX_BUFFERED = 128 * 2 ** 20;

/** Size of the first buffer of a frame, in bytes. */
const MIN_BUFFER = 2 ** 10;

/** Kinds of lines that are not counted by the ends of a connection that can be resumed. */
const UNCOUNTED: ReadonlySet<TapKind> = new Set(["ping", "pong", "hello", "resume", "receipt"]);

const EMPTY = Buffer.alloc(0);

/** Codec for bytes of one direction of a connection. */
export interface FrameCodec {
    /** True if frames of bytes can stand between the lines. */
    readonly hasFrames: boolean;
    /** Called with the greeting of the sender, before the bytes behind it are split. */
    greet(hello: Hello): void;
    /** Called with the messages of each frame that both ends of a connection count, which can be resumed. */
    onFrame(messages: readonly TappedMessage[]): void;
    /** Decodes the messages of a frame. Never throws. */
    decode(frame: Buffer): TappedMessage[];
}

/**
 * Splits the bytes of one direction of a connection into lines, and frames of a codec. Time and memory grow linearly with the
 * bytes.
 */
export class FrameSplitter {
    /** Total size of the buffers of all instances. */
    static #buffered = 0;

    readonly #terminator: Buffer;
    readonly #plainJson: boolean;
    readonly #codec: FrameCodec | undefined;
    /** Starts with the bytes of the incomplete frame. Empty if that is too large. */
    #buffer = EMPTY;
    #tooLarge = false;
    /** Number of bytes of the incomplete frame. */
    #length = 0;
    /** Its last bytes, which may be the start of a terminator. */
    #tail: Buffer = EMPTY;
    /** True if the incomplete frame is one of bytes. */
    #isBinary = false;
    /** Header of a frame of bytes. */
    #header: Buffer = EMPTY;
    #atStreamStart = true;

    /**
     * @param plainJson - frames have no envelope
     * @param codec - without it, all frames are lines
     */
    constructor(terminator = NEWLINE, plainJson = false, codec?: FrameCodec) {
        this.#terminator = Buffer.from(terminator);
        this.#plainJson = plainJson;
        this.#codec = plainJson ? undefined : codec;
    }

    /** Yields the messages that end in this chunk. Skips blank lines. */
    *push(chunk: Buffer): Generator<TappedMessage, void, void> {
        for (let start = 0; start < chunk.length;) {
            if (this.#length === 0) this.#isBinary = chunk[start] === MARK && this.#codec?.hasFrames === true;
            const end = this.#isBinary ? this.#endOfBytes(chunk, start) : this.#findEnd(chunk, start);
            if (end === -1) {
                this.#keep(chunk.subarray(start));
                return;
            }
            yield* this.#complete(chunk.subarray(start, end));
            start = end;
        }
    }

    /** Returns the incomplete frame at the end of the connection. */
    end(): TappedMessage | undefined {
        const bytes = this.#length;
        if (this.#isBinary && bytes > 0) {
            const data = this.#tooLarge ? undefined : this.#buffer.subarray(0, bytes);
            this.#reset();
            return { bytes, kind: data ? "incomplete" : "large", ...(data && { data }), incomplete: true };
        }
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

    /** Returns the index after a frame of bytes that begins at `start`, or has begun in an earlier chunk, or -1. */
    #endOfBytes(chunk: Buffer, start: number): number {
        const missing = HEADER - this.#header.length;
        if (missing > 0) this.#header = Buffer.concat([this.#header, chunk.subarray(start, start + missing)]);
        if (this.#header.length < HEADER) return -1;
        const size = Math.max(HEADER, frameSize(this.#header));
        const end = start + size - this.#length;
        return end > chunk.length ? -1 : end;
    }

    /** @param part - end of a frame, with the terminator */
    #complete(part: Buffer): TappedMessage[] {
        let bytes: Buffer | undefined = part;
        if (this.#length > 0) {
            this.#append(part);
            bytes = this.#tooLarge ? undefined : this.#buffer.subarray(0, this.#length);
        }
        const length = Math.max(this.#length, part.length) - (this.#isBinary ? 0 : this.#terminator.length);
        if (length > MAX_FRAME) bytes = undefined;
        const isBinary = this.#isBinary;
        this.#reset();
        let messages: TappedMessage[] = [];
        if (isBinary) messages = bytes ? (this.#codec as FrameCodec).decode(bytes) : [{ bytes: length, kind: "large" }];
        else if (length > 0) {
            const message = this.#parse(length, bytes?.toString("utf8", 0, length));
            if (!message) return messages; // a blank line
            messages = [message];
            if (UNCOUNTED.has(message.kind)) return messages;
        }
        if (messages.length > 0) this.#codec?.onFrame(messages);
        return messages;
    }

    /** Keeps the beginning of a frame. */
    #keep(part: Buffer): void {
        this.#append(part);
        if (this.#isBinary) return;
        const end = Buffer.concat([this.#tail, part.subarray(-this.#terminator.length)]);
        this.#tail = end.subarray(Math.max(0, end.length - this.#terminator.length + 1));
    }

    /** @param text - `undefined` if the frame is too large */
    #parse(bytes: number, text: string | undefined): TappedMessage | undefined {
        if (text === undefined) return { bytes, kind: "large" };
        const json = this.#atStreamStart ? text.replace(/^\ufeff/, "") : text; // the byte order mark of a stream
        this.#atStreamStart = false;
        if (/^[ \t\r\n]*$/.test(json)) return undefined;
        const message = { bytes, ...parseFrame(json, this.#plainJson) };
        if (message.kind === "hello" || message.kind === "resume") this.#codec?.greet(message.data as Hello);
        return message;
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
        this.#header = EMPTY;
        this.#isBinary = false;
    }

    #release(): void {
        FrameSplitter.#buffered -= this.#buffer.length;
        this.#buffer = EMPTY;
    }
}
