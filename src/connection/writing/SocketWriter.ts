import type { Socket } from "node:net";
import { nextTick, setImmediate } from "../../runtime/clock";
import { MAX_SMALL, allocateLarge, isLarge } from "../../runtime/largeMemory";
import { toError } from "../../runtime/thrownValues";
import { type SockhopError, notConnectedError } from "../../SockhopError";
import type { Limits } from "../limits";
import { MemoryReturn } from "./MemoryReturn";
import { isSecure, releasesBytes } from "./releasesBytes";
import type { WriteObserver } from "./WriteObserver";

/** Number of bytes at which a write is large: frames are not joined beyond it. */
export const MAX_WRITE = 65_536;

const NO_BYTES = Buffer.alloc(0);

/**
 * Number of writes after which one promise is resolved in a new iteration of the event loop. The operating system
 * accepts small writes at once, so a loop that awaits each of them would never let the event loop continue: no timer
 * would fire, and no ping would get a pong, before the loop ends.
 */
const MAX_SETTLED_PER_TICK = 1000;

/** Number of writes with an observer that have settled, on all connections. */
let settledWrites = 0;

/** Internal handle of a socket. That of TLS has a parent, the handle of the socket below. */
interface WriteHandle {
    readonly writeQueueSize?: number;
    readonly _parent?: WriteHandle;
}

/** Writes bytes to a socket, and counts those that the operating system has not accepted. */
export abstract class SocketWriter {
    /** Bytes that were written to the socket, and whose write Node has not reported as complete. */
    bytesPending = 0;
    /** Bytes that the operating system has accepted. */
    bytesSent = 0;
    /**
     * True if each write needs a callback: the last one had to wait, or the socket uses TLS, which does not show it.
     */
    #needsCallback: boolean;
    #onWritable: (() => void) | undefined;

    constructor(
        public socket: Socket,
        readonly limits: Limits,
    ) {
        this.#needsCallback = isSecure(socket);
    }

    /** True while there is so much to write that the program should wait. */
    abstract get isCongested(): boolean;

    /**
     * Bytes of the current write that the operating system has not accepted. Node reports a write only when all of it
     * is accepted. So this reads an internal member that `socket.setTimeout()` of Node uses, too (Node 20 to 26; 0
     * where it is missing). With TLS, only the handle below shows the progress.
     */
    get writeQueueSize(): number {
        const { _handle: handle } = this.socket as { _handle?: WriteHandle | null };
        return (handle?._parent ?? handle)?.writeQueueSize ?? 0;
    }

    /** True if nothing refers to the bytes of the last write. */
    protected get isWritten(): boolean {
        return this.socket.writableLength === 0 && releasesBytes(this.socket);
    }

    /** Writes to another socket from now on. Results of pending writes to the old one do not count. */
    protected replaceSocket(socket: Socket): void {
        this.socket = socket;
        this.bytesPending = 0;
        this.#needsCallback = isSecure(socket);
    }

    /** Calls `listener` once, when the connection is not congested any more. See {@link isCongested}. */
    onceWritable(listener: () => void): void {
        const previous = this.#onWritable;
        this.#onWritable = () => {
            previous?.();
            listener();
        };
    }

    /** Calls the listener of {@link onceWritable} in `nextTick()`: this may run inside a method that the program called. */
    protected emitWritable(): void {
        const listener = this.#onWritable;
        if (!listener || this.isCongested) return;
        this.#onWritable = undefined;
        nextTick(listener);
    }

    /**
     * Writes to the socket.
     *
     * Usually the operating system accepts a write at once. Then no callback is passed to Node, which saves some
     * objects and one `nextTick()`. (One call at a time: 0.97 of the time.)
     *
     * Node reserves three bytes for each character of UTF-8. A text with one byte for each character is ASCII, and is
     * passed as Latin-1, which has the same bytes. (Sender of 1 kB messages: 0.93 of the time.) Node copies a string into
     * zeroed memory. Nevertheless a Buffer takes longer, unless its memory is used again. (Sender of 1 kB messages, in
     * writes of 64 KiB: 1.4 times.)
     *
     * @param data - bytes in large memory are given back, see {@link WriteObserver.release}
     */
    protected writeBytes(data: string | Buffer, observer: WriteObserver | undefined): void {
        const { socket } = this;
        if (!socket.writable) {
            observer?.settle(socket, notConnectedError());
            return;
        }
        const size = Buffer.byteLength(data);
        const encoding = size === data.length ? "latin1" : "utf8";
        let bytes = data;
        if (size > MAX_SMALL) {
            if (typeof bytes === "string") bytes = toBytes(bytes, size, encoding);
            if (isLarge(bytes)) observer = new MemoryReturn(bytes, socket, observer);
        }
        try {
            if (this.#needsCallback) {
                this.#writeAsync(bytes, encoding, size, observer);
                return;
            }
            socket.write(bytes, encoding);
            // The callback of an empty write follows the end of this write.
            if (socket.writableLength > 0) this.#writeAsync(NO_BYTES, encoding, size, observer);
            else this.#settle(size, observer, socket.errored ? notConnectedError(socket.errored) : undefined);
        } catch (error) {
            // A program may have replaced the method. Its error must not affect other connections.
            socket.destroy(toError(error));
            this.#settle(size, observer, notConnectedError(error));
        }
    }

    /** Writes with a callback, which settles a write of `size` bytes. */
    #writeAsync(
        bytes: string | Buffer,
        encoding: BufferEncoding,
        size: number,
        observer: WriteObserver | undefined,
    ): void {
        const { socket } = this;
        let isAccepted = false;
        socket.write(bytes, encoding, (error) => {
            if (this.socket !== socket) return; // the journal has written the frames again
            if (!isAccepted) this.bytesPending -= size;
            // A write that was pending when the socket was destroyed has no error in its callback (Node 20).
            const hasFailed = Boolean(error) || (!isAccepted && socket.destroyed);
            this.#settle(size, observer, hasFailed ? notConnectedError(error ?? undefined) : undefined);
        });
        isAccepted = socket.writableLength === 0 && !socket.errored;
        if (!isAccepted) this.bytesPending += size;
        this.#needsCallback = !isAccepted || isSecure(socket);
    }

    #settle(size: number, observer: WriteObserver | undefined, error: SockhopError | undefined): void {
        if (!error) this.bytesSent += size;
        this.emitWritable();
        if (!observer) return;
        settledWrites += 1;
        if (settledWrites % MAX_SETTLED_PER_TICK > 0) observer.settle(this.socket, error);
        else setImmediate(() => observer.settle(this.socket, error));
    }
}

function toBytes(text: string, size: number, encoding: BufferEncoding): Buffer {
    const bytes = allocateLarge(size).subarray(0, size);
    bytes.write(text, encoding);
    return bytes;
}
