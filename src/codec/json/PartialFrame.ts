import { allocateGrowing, giveBackGrown } from "../../runtime/largeMemory";
import type { Terminator } from "./Terminator";

const EMPTY = Buffer.alloc(0);

/**
 * Growth of a full buffer. Each growth copies all bytes into memory that the system has to provide: for a frame of n
 * bytes between n / 3 and 4 n / 3 altogether, with twofold growth between n and 2 n. (CPU time of reading the first
 * frame of a process, to twofold growth: 0.85 for 1 MB, 0.91 for 16 MB, 0.94 for 64 MB; Node 20.20.)
 */
const GROWTH = 4;

/**
 * Bytes of a frame that has not ended.
 *
 * They are stored outside of the V8 heap. Decoding each chunk at once would be faster (0.8 of the time for 4 MB), but a
 * full heap ends the process, and a Buffer that cannot be allocated only ends one connection.
 */
export class PartialFrame {
    /** True if the frame is too large. Then its further bytes are dropped. */
    isSkipped = false;
    /** Buffer with `#length` valid bytes. */
    #buffer: Buffer = EMPTY;
    #length = 0;

    get length(): number {
        return this.#length;
    }

    get bytes(): Buffer {
        return this.#buffer.subarray(0, this.#length);
    }

    /**
     * Appends bytes. A full buffer grows by a factor, so that the total work is linear in the size. It is at most four
     * times as large as the bytes that have arrived.
     *
     * @param bytes - bytes that are copied
     * @param maxSize - bytes up to which the buffer grows by that factor; above, it has the size of its bytes
     */
    add(bytes: Buffer, maxSize: number): void {
        const length = this.#length + bytes.length;
        if (length > this.#buffer.length) {
            const size = Math.max(length, Math.min(GROWTH * this.#buffer.length, maxSize));
            const most = Math.min(GROWTH * length, 2 * maxSize - 1);
            // Short bytes share memory.
            const larger = size < Buffer.poolSize ? Buffer.allocUnsafe(size) : allocateGrowing(length, size, most);
            this.#buffer.copy(larger, 0, 0, this.#length);
            giveBackGrown(this.#buffer);
            this.#buffer = larger;
        }
        bytes.copy(this.#buffer, this.#length);
        this.#length = length;
    }

    /**
     * Returns the index in the next chunk at which this frame ends, after its terminator; -1 if it does not end there.
     * The terminator may start in the bytes before the chunk.
     */
    endIn(chunk: Buffer, { bytes }: Terminator): number {
        const maxOverlap = bytes.length - 1;
        const overlap = Math.min(maxOverlap, this.#length);
        if (overlap > 0) {
            const tail = this.#buffer.subarray(this.#length - overlap, this.#length);
            const index = Buffer.concat([tail, chunk.subarray(0, maxOverlap)]).indexOf(bytes);
            if (index !== -1) return index + bytes.length - overlap;
        }
        const index = chunk.indexOf(bytes);
        return index === -1 ? -1 : index + bytes.length;
    }

    /**
     * Returns the number of bytes that certainly belong to the frame: the last ones may be the start of the terminator.
     */
    sizeBefore({ bytes }: Terminator): number {
        return this.#length - bytes.length + 1;
    }

    /** Drops the first `size` bytes. */
    discard(size: number): void {
        const rest = Buffer.from(this.#buffer.subarray(Math.max(0, size), this.#length));
        this.release();
        this.#buffer = rest;
        this.#length = rest.length;
    }

    /** Drops all bytes. */
    release(): void {
        giveBackGrown(this.#buffer);
        this.#buffer = EMPTY;
        this.#length = 0;
    }
}
