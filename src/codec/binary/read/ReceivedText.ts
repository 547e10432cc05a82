import { detach } from "../../../runtime/detach";
import type { TextEncoding } from "../layout";
import { badFrame } from "./BadFrame";

/**
 * Number of characters that are decoded together, if the text is longer. Strings are slices of what was decoded, and keep it in
 * memory. To decode a long text at once takes new memory, too. (1 MB of objects: 0.4 of the time.)
 */
const WINDOW = 4096;

/** Length of a string that is decoded alone. */
const LONG = WINDOW / 2;

/** Share of a longer text from which a string may be a slice of it. */
const MIN_SHARE = 1 / 16;

const EMPTY = Buffer.alloc(0);

/** Text of a frame: strings behind each other. */
export class ReceivedText {
    /** Number of characters. */
    length = 0;
    /** Index of the next character. */
    position = 0;
    /** Average number of bytes of a character. Exact unless the encoding is UTF-8. */
    bytesPerCharacter = 1;

    #bytes: Buffer = EMPTY;
    #encoding: TextEncoding = "latin1";
    /** Decoded characters, and the index of their first. */
    #decoded = "";
    #from = 0;

    /** Begins the text at the end of a frame. */
    open(frame: Buffer, start: number, encoding: TextEncoding): void {
        this.position = this.#from = 0;
        const size = frame.length - start;
        if (size <= WINDOW || encoding === "utf8") {
            this.#decoded = size === 0 ? "" : frame.toString(encoding, start, frame.length);
            this.length = this.#decoded.length;
            this.bytesPerCharacter = size === 0 ? 0 : size / this.length;
        } else {
            this.bytesPerCharacter = encoding === "latin1" ? 1 : 2;
            this.length = size / this.bytesPerCharacter;
            this.#bytes = frame.subarray(start);
            this.#encoding = encoding;
        }
    }

    /** Forgets the text. */
    close(): void {
        this.#bytes = EMPTY;
        this.#decoded = "";
        this.length = this.position = this.#from = 0;
    }

    /** Returns the next characters. */
    next(length: number): string {
        const from = this.position;
        this.position = from + length;
        if (this.position > this.length) throw badFrame("its text is too short");
        const start = from - this.#from;
        const decoded = this.#decoded;
        if (start + length > decoded.length) return this.#decodeNext(from, length);
        const text = decoded.slice(start, start + length);
        return decoded.length > WINDOW && length < MIN_SHARE * decoded.length ? detach(text) : text;
    }

    /** Returns characters before the next one. */
    since(from: number): string {
        if (this.#bytes === EMPTY) return this.#decoded.slice(from, this.position);
        return this.#decode(from, this.position);
    }

    #decodeNext(from: number, length: number): string {
        if (length >= LONG) return this.#decode(from, from + length);
        this.#decoded = this.#decode(from, Math.min(from + WINDOW, this.length));
        this.#from = from;
        return this.#decoded.slice(0, length);
    }

    #decode(from: number, to: number): string {
        const size = this.bytesPerCharacter;
        return this.#bytes.toString(this.#encoding, size * from, size * to);
    }
}
