import { toError } from "../runtime/thrownValues";
import type { Socket } from "node:net";
import { nextTick } from "../runtime/clock";
import { SockhopError, notConnectedError } from "../SockhopError";
import { markHandled } from "../timers/promises";
import { type TickTask, atEndOfTick } from "../timers/endOfTick";
import type { Limits } from "./limits";
import { setImmediate } from "../runtime/clock";

/**
 * So many characters are written before the turn ends, so that the peer begins while we still work; after each such
 * write twice as many, up to `MOST`. (100 questions in flight: 133 000 → 153 000 answers/s. A string of 1 MB is slow to
 * put together: without an upper bound messages of 1 kB took up to 1.9 times as long.)
 */
const EARLY_FLUSH = 2048;
export const MAX_WRITE = 65_536;

const NOTHING = Buffer.alloc(0);

/**
 * After so many writes in a row a promise is resolved in a turn of its own. The system takes small writes at once, so a
 * loop that awaits each of them would never leave its turn: no timer would fire and no ping be answered until it ended.
 */
const MAX_SETTLED_PER_TICK = 1000;

/**
 * Answers are sent although more than `max_buffered` waits, up to this many times as much: the peer has asked for them, and
 * does not know how much waits already.
 */
const MAX_REPLY_FACTOR = 8;

/** How many writes have settled that somebody waited for. */
let settled = 0;

/** Who wants to know what becomes of something that is written. */
export interface WriteObserver {
    /** The system has it, or will not get it, because of an error. */
    settle(socket: Socket, error: SockhopError | undefined): void;
}

/** Frames for several connections, which this one must write before frames that are added later. */
export interface QueuedBatch extends WriteObserver {
    /** Number of characters. */
    readonly length: number;
    /** Number of frames. */
    readonly frames: number;
    /** Writes them to each connection. */
    flush(): void;
}

/** The messages of one turn that are written together, and the promise that all of them share. */
class Batch implements WriteObserver {
    readonly promise: Promise<undefined>;
    #resolve!: (value: undefined) => void;
    #reject!: (error: Error) => void;

    constructor() {
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
    }

    settle(_socket: Socket, error: SockhopError | undefined): void {
        if (!error) {
            this.#resolve(undefined);
            return;
        }
        void markHandled(this.promise);
        this.#reject(error);
    }
}

/**
 * What waits to be sent over one socket.
 *
 * The messages of one turn of the event loop are put together and written at its end: one call of the system instead of
 * one each (924 000 messages of 100 bytes per second instead of 387 000).
 */
export class FrameWriter implements TickTask {
    nextTask: TickTask | undefined;
    /** The messages that are to be written at the end of this turn. */
    #text = "";
    #batch: Batch | undefined;
    /** What was sent before that, to others as well. */
    #broadcast: QueuedBatch | undefined;
    /** How much of it is written before the turn ends; 0 when nothing has been sent in this turn. */
    #flushThreshold = 0;
    /** Bytes that were written, and that the system has not taken yet. */
    #bytesPending = 0;
    /** Bytes that the system has taken. */
    bytesSent = 0;
    /** How many frames it was given. */
    framesSent = 0;
    /** The system has not taken the last write at once; or it is not known when it does, as with TLS. */
    #slow: boolean;
    #onWritable: (() => void) | undefined;
    /** Characters of the answers that were sent since more waits than should. */
    #repliesOverLimit = 0;

    constructor(
        readonly socket: Socket,
        readonly limits: Limits,
    ) {
        this.#slow = isSecure(socket);
    }

    /** Bytes that wait to be sent. */
    get buffered(): number {
        return this.#bytesPending + Buffer.byteLength(this.#text) + (this.#broadcast?.length ?? 0);
    }

    /** Whether the system has not taken all that was written. */
    get hasPendingWrites(): boolean {
        return this.#bytesPending > 0;
    }

    /** Bytes of {@link buffered} that were given to the socket. */
    get bytesPending(): number {
        return this.#bytesPending;
    }

    /**
     * Bytes of the write under way that the system has not taken. Node reports a write only when all of it is taken; the
     * member that its own `socket.setTimeout()` looks at tells before (Node 20 to 26; 0 where it is missing).
     */
    get writeQueueSize(): number {
        const { _handle: handle } = this.socket as { _handle?: { writeQueueSize?: number } | null };
        return handle?.writeQueueSize ?? 0;
    }

    /** Whether more waits than should. (What is not written yet counts by characters, which is quicker.) */
    get overLimit(): boolean {
        return this.exceeds(this.limits.maxBuffered);
    }

    /** Whether as many bytes wait as this. */
    exceeds(limit: number): boolean {
        return this.#bytesPending + this.#text.length + (this.#broadcast?.length ?? 0) >= limit;
    }

    /** Why nothing more can be sent, if that is so. */
    writeError(): SockhopError | undefined {
        if (!this.socket.writable) return notConnectedError();
        return this.overLimit && this.limits.slowConsumer !== "wait" ? this.bufferFullError() : undefined;
    }

    /**
     * Why no answer can be sent, if that is so. A peer that asks and does not read the answers is cut off.
     *
     * @param size - characters of the frame
     */
    replyError(size: number): SockhopError | undefined {
        if (this.socket.writable && !this.overLimit) {
            this.#repliesOverLimit = 0;
            return undefined;
        }
        const refusal = this.writeError();
        if (refusal) return refusal;
        this.#repliesOverLimit += size;
        if (this.#repliesOverLimit < MAX_REPLY_FACTOR * this.limits.maxBuffered) return undefined;
        const error = this.bufferFullError();
        this.socket.destroy(error);
        return error;
    }

    /** Too much waits for one more frame. */
    bufferFullError(): SockhopError {
        const message = `The peer does not read: ${this.buffered} bytes wait to be sent, of at most ${this.limits.maxBuffered}`;
        const error = new SockhopError(message, "ERR_BUFFER_FULL");
        if (this.limits.slowConsumer === "disconnect") this.socket.destroy(error);
        return error;
    }

    /**
     * Takes a frame to be sent. Resolves when the system has it; rejects with `ERR_SOCKET_DESTROYED` when it will not get
     * it.
     *
     * The rejection harms no program that does not look at the promise, since who sent could not know that the
     * connection was about to break: `disconnect` tells.
     */
    write(frame: string): Promise<undefined> {
        const { promise } = (this.#batch ??= new Batch());
        this.#add(frame);
        return promise;
    }

    /** Sends a frame without a promise. */
    writeAndForget(frame: string): void {
        this.#add(frame);
    }

    #add(frame: string): void {
        this.framesSent += 1;
        this.#broadcast?.flush();
        this.#text += frame;
        if (this.#flushThreshold === 0) {
            this.#flushThreshold = EARLY_FLUSH;
            atEndOfTick(this);
        }
        if (this.#text.length < this.#flushThreshold) return;
        this.#flushThreshold = Math.min(2 * this.#flushThreshold, MAX_WRITE);
        this.flush();
    }

    /** Calls `listener` once, when not so much waits any more. */
    onceWritable(listener: () => void): void {
        const before = this.#onWritable;
        this.#onWritable = () => {
            before?.();
            listener();
        };
    }

    endTick(): void {
        this.#flushThreshold = 0;
        this.flush();
    }

    /** Writes what there is. */
    flush(): void {
        this.#broadcast?.flush();
        const text = this.#text;
        if (text === "") return;
        const batch = this.#batch;
        this.#text = "";
        this.#batch = undefined;
        this.#write(text, batch);
    }

    /** A broadcast begins that goes to this peer, too: what it brings is sent before what is pushed from now on. */
    beginBroadcast(broadcast: QueuedBatch): void {
        this.flush();
        this.#broadcast = broadcast;
    }

    /** The broadcast that was announced. */
    writeBroadcast(bytes: Buffer, broadcast: QueuedBatch): void {
        this.#broadcast = undefined;
        this.framesSent += broadcast.frames;
        this.#write(bytes, broadcast);
    }

    /**
     * Mostly the system takes a write at once, and nobody has to be called back, for which Node needs some objects and one
     * more `nextTick()`. (One question at a time: 0.97 of the time.)
     *
     * For UTF-8 Node reserves three bytes for each character. What has a byte for each, all ASCII, is given as Latin-1, which
     * is the same then. (The sender of 1 kB messages: 0.93 of the time.) Long texts Node would copy into zeroed memory.
     */
    #write(text: string | Buffer, writing: WriteObserver | undefined): void {
        const { socket } = this;
        if (!socket.writable) {
            writing?.settle(socket, notConnectedError());
            return;
        }
        const size = Buffer.byteLength(text);
        const encoding = size === text.length ? "latin1" : "utf8";
        const bytes = size > MAX_WRITE && typeof text === "string" ? Buffer.from(text, encoding) : text;
        try {
            if (this.#slow) {
                this.#writeAsync(bytes, encoding, size, writing);
                return;
            }
            socket.write(bytes, encoding);
            // An empty write behind it is called back after it.
            if (socket.writableLength > 0) this.#writeAsync(NOTHING, encoding, size, writing);
            else this.#settle(size, writing, socket.errored ? notConnectedError(socket.errored) : undefined);
        } catch (error) {
            // A program may have put a method of its own there. Others must not suffer.
            socket.destroy(toError(error));
            this.#settle(size, writing, notConnectedError(error));
        }
    }

    /** Writes something, and settles what has `size` bytes when it is called back. */
    #writeAsync(
        bytes: string | Buffer,
        encoding: BufferEncoding,
        size: number,
        writing: WriteObserver | undefined,
    ): void {
        const { socket } = this;
        let taken = false;
        socket.write(bytes, encoding, (error) => {
            if (!taken) this.#bytesPending -= size;
            // The write that was under way when a socket was destroyed is called back without an error (Node 20).
            const failed = error || (!taken && socket.destroyed) ? notConnectedError(error ?? undefined) : undefined;
            this.#settle(size, writing, failed);
        });
        taken = socket.writableLength === 0 && !socket.errored;
        if (!taken) this.#bytesPending += size;
        this.#slow = !taken || isSecure(socket);
    }

    #settle(size: number, writing: WriteObserver | undefined, failed: SockhopError | undefined): void {
        if (!failed) this.bytesSent += size;
        if (this.#onWritable && !this.overLimit) this.#emitWritable();
        if (!writing) return;
        settled += 1;
        if (settled % MAX_SETTLED_PER_TICK > 0) writing.settle(this.socket, failed);
        else setImmediate(() => writing.settle(this.socket, failed));
    }

    /** Later: we may be in the middle of a call of the program's. */
    #emitWritable(): void {
        const room = this.#onWritable;
        this.#onWritable = undefined;
        if (room) nextTick(room);
    }
}

function isSecure(socket: Socket): boolean {
    return "encrypted" in socket;
}
