import type { ByteFrame } from "./Encoder";

/** Frames of one connection that are not written yet, each in memory of its own. */
export class FrameQueue {
    #frames: Buffer[] = [];
    /** Number of bytes of all frames. */
    length = 0;
    /** A frame does not refer to others. */
    readonly isEncoding = false;

    get apart(): this {
        return this;
    }

    commit(frame: ByteFrame): void {
        this.#frames.push(frame as Buffer);
        this.length += frame.length;
    }

    take(): Buffer {
        const frames = this.#frames;
        this.#frames = [];
        this.length = 0;
        return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
    }

    release(): void {
        // Each frame has memory of its own.
    }
}
