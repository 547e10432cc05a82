import type { InvalidMessage, Message } from "../../protocol/Message";

/** Part of a stream that is handled at once: a line, a frame of bytes, or a message of one. */
export type ReceivedFrame = string | Buffer | Message | InvalidMessage;

/**
 * Received frames that are not handled before the program reads on.
 *
 * With `resume`, the library reads on when it holds frames for the program: a paused socket would show neither its end nor
 * the acknowledgements of the peer. The frames here are not acknowledged, so the peer sends only a bounded number of them.
 */
export class HeldFrames {
    readonly #maxBytes: number;
    readonly #pause: () => () => void;
    #frames: ReceivedFrame[] = [];
    /** Number of frames that the peer counts, and that are not counted as received. */
    count = 0;
    #bytes = 0;
    #largest = 0;
    #resume: (() => void) | undefined;
    /** Called with the frames when the program reads on. */
    onRelease: ((frames: readonly ReceivedFrame[]) => void) | undefined;

    /**
     * @param maxBytes - bytes above which the socket is paused, without those of the largest frame. The last frame that a
     * peer with the same limit sends can exceed it
     * @param pause - pauses the socket, and returns a function that ends the pause
     */
    constructor(maxBytes: number, pause: () => () => void) {
        this.#maxBytes = maxBytes;
        this.#pause = pause;
    }

    /**
     * Adds a frame. Copies bytes: the chunk may be used again.
     *
     * @param isCounted - false for a line that the peer does not count
     */
    push(frame: ReceivedFrame, isCounted = true): void {
        const isText = typeof frame === "string";
        const size = isText || Buffer.isBuffer(frame) ? frame.length : 0;
        this.#frames.push(Buffer.isBuffer(frame) ? Buffer.from(frame) : frame);
        if (isCounted && (isText || Buffer.isBuffer(frame))) this.count += 1;
        this.#bytes += size;
        this.#largest = Math.max(this.#largest, size);
        if (this.#bytes - this.#largest > this.#maxBytes) this.#resume ??= this.#pause();
    }

    /** Returns the frames, and ends the pause of the socket. */
    take(): readonly ReceivedFrame[] {
        const frames = this.#frames;
        this.#frames = [];
        this.count = this.#bytes = this.#largest = 0;
        this.#resume?.();
        this.#resume = undefined;
        return frames;
    }
}
