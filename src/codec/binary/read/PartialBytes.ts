import { allocateGrowing, giveBackGrown } from "../../../runtime/largeMemory";
import * as $ from "../layout";

/** Initial size of the memory for a frame. */
const MIN_MEMORY = 4096;

/**
 * Bytes of a frame that has not ended. The memory grows with what has arrived, at most fourfold, and never by what is
 * only announced.
 */
export class PartialBytes {
    /** True if the frame is too large. Then its bytes are dropped. */
    isSkipped = false;
    /** Number of bytes that have arrived. */
    length = 0;
    /** Number of bytes of the whole frame; 0 if its header has not arrived. */
    size = 0;
    #memory: Buffer = Buffer.allocUnsafeSlow($.HEADER);

    /** Bytes that have arrived. */
    get bytes(): Buffer {
        return this.isSkipped ? this.#memory.subarray(0, 0) : this.#memory.subarray(0, this.length);
    }

    /** Number of bytes that are missing: of the header, or of the frame. */
    get missing(): number {
        return (this.size || $.HEADER) - this.length;
    }

    /** Copies bytes, not more than are missing. */
    add(bytes: Buffer): void {
        const length = this.length + bytes.length;
        if (!this.isSkipped) {
            if (length > this.#memory.length) this.#grow(length);
            this.#memory.set(bytes, this.length);
        }
        this.length = length;
    }

    /** Drops the bytes of a frame that is too large. */
    skip(): void {
        this.isSkipped = true;
        giveBackGrown(this.#memory);
        this.#memory = Buffer.alloc(0);
    }

    #grow(length: number): void {
        const most = Math.max(4 * length, MIN_MEMORY);
        const larger = allocateGrowing(length, Math.min(this.size, most), most);
        larger.set(this.#memory.subarray(0, this.length));
        giveBackGrown(this.#memory);
        this.#memory = larger;
    }
}
