import type { Terminator } from "./Terminator";

const EMPTY = Buffer.alloc(0);

/**
 * The beginning of a frame that has not ended yet.
 *
 * Bytes, outside of V8's heap: to decode them as they come takes less time (0.8 for 4 MB), but when peers fill that heap the
 * process ends, while a Buffer that cannot be made only ends a connection.
 */
export class PartialFrame {
    /** It is too large already: what follows of it is thrown away. */
    isSkipped = false;
    /** Its first `#length` bytes are in use. */
    #buffer: Buffer = EMPTY;
    #length = 0;

    get length(): number {
        return this.#length;
    }

    get bytes(): Buffer {
        return this.#buffer.subarray(0, this.#length);
    }

    /**
     * By doubling, so that the work is linear in the size.
     *
     * @param bytes - copied
     * @param most - how far it may grow
     */
    add(bytes: Buffer, most: number): void {
        const length = this.#length + bytes.length;
        if (length > this.#buffer.length) {
            const room = Buffer.allocUnsafe(Math.max(length, Math.min(2 * this.#buffer.length, most)));
            this.#buffer.copy(room, 0, 0, this.#length);
            this.#buffer = room;
        }
        bytes.copy(this.#buffer, this.#length);
        this.#length = length;
    }

    /** Where in the bytes that come next it ends, or -1. It has no whole terminator itself. */
    endIn(chunk: Buffer, { bytes }: Terminator): number {
        const most = bytes.length - 1;
        const kept = Math.min(most, this.#length);
        if (kept > 0) {
            const tail = this.#buffer.subarray(this.#length - kept, this.#length);
            const border = Buffer.concat([tail, chunk.subarray(0, most)]).indexOf(bytes);
            if (border !== -1) return border + bytes.length - kept;
        }
        const found = chunk.indexOf(bytes);
        return found === -1 ? -1 : found + bytes.length;
    }

    /** How much there is for certain: what may be the beginning of the terminator does not count. */
    sizeBefore({ bytes }: Terminator): number {
        return this.#length - bytes.length + 1;
    }

    /** Throws away so many bytes. */
    discard(size: number): void {
        this.#buffer = Buffer.from(this.#buffer.subarray(Math.max(0, size), this.#length));
        this.#length = this.#buffer.length;
    }
}
