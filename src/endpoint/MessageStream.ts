import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { holdReading } from "../connection/holdReading";
import { checkMethodOptions } from "../diagnostics/unknownOptions";
import { type Abortable, checkSignal, unwatchSignal, watchSignal } from "../replies/abortSignals";
import { FifoQueue } from "../replies/FifoQueue";
import { isSockhopError } from "../SockhopError";

/** Number of messages that may wait for the loop before their sockets are paused. */
const MAX_WAITING = 100;

/** Options of `messages()`. */
export interface MessagesOptions {
    /** Ends the loop when it is aborted. Messages that wait for the loop are still delivered. */
    signal?: AbortSignal | undefined;
}

/** Client or server, as a {@link MessageStream} uses it. */
export interface MessageSource {
    readonly emitter: EventEmitter;
    /** Streams of the endpoint that have not ended. */
    readonly streams: Set<{ end(): void }>;
    /** Socket of a message that is received now. */
    socketOf(meta: object): Socket | null | undefined;
}

/**
 * Received messages, for `for await`. Listens from its creation until it ends, so that no message between two `next()`
 * is lost. If the loop is slow, it stops reading from the sockets.
 */
export class MessageStream<T = unknown> implements AsyncIterableIterator<T>, Abortable {
    readonly #source: MessageSource;
    readonly #signal: AbortSignal | undefined;
    readonly #waiting = new FifoQueue<T>();
    /** Resolvers of `next()` calls without a message. */
    readonly #readers = new FifoQueue<(result: IteratorResult<T, undefined>) => void>();
    /** Functions that resume the paused sockets. */
    readonly #paused = new Map<Socket, () => void>();
    #hasEnded = false;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` if `signal` is not an AbortSignal */
    constructor(source: MessageSource, options: MessagesOptions) {
        checkMethodOptions(options, ["signal"], "messages");
        const { signal } = options;
        this.#source = source;
        try {
            checkSignal(signal);
            if (signal) watchSignal(signal, this);
            this.#signal = signal ?? undefined;
        } catch (error) {
            if (!isSockhopError(error) || error.code !== "ERR_ABORTED") throw error;
            this.#hasEnded = true;
            return;
        }
        source.streams.add(this);
        // Before the listeners of the program: one that throws would keep the event from those behind it.
        source.emitter.prependListener("receive", this.#onReceive).prependListener("disconnect", this.#onDisconnect);
        source.emitter.prependListener("interrupted", this.#onInterrupted);
    }

    next(): Promise<IteratorResult<T, undefined>> {
        if (this.#waiting.length > 0) {
            const value = this.#waiting.shift() as T;
            if (this.#waiting.length <= MAX_WAITING / 2) this.#resumeAll();
            return Promise.resolve({ done: false, value });
        }
        if (this.#hasEnded) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => {
            this.#readers.push(resolve);
        });
    }

    /** Ends the stream and drops the messages that wait, as `break` does. */
    return(): Promise<IteratorResult<T, undefined>> {
        while (this.#waiting.length > 0) this.#waiting.shift();
        this.end();
        return Promise.resolve({ done: true, value: undefined });
    }

    [Symbol.asyncIterator](): this {
        return this;
    }

    /** Ends the stream after the messages that wait. */
    end(): void {
        if (this.#hasEnded) return;
        this.#hasEnded = true;
        const { emitter, streams } = this.#source;
        streams.delete(this);
        emitter.off("receive", this.#onReceive).off("disconnect", this.#onDisconnect);
        emitter.off("interrupted", this.#onInterrupted);
        if (this.#signal) unwatchSignal(this.#signal, this);
        this.#resumeAll();
        for (let read; (read = this.#readers.shift());) read({ done: true, value: undefined });
    }

    abort(): void {
        this.end();
    }

    readonly #onReceive = (value: unknown, meta: object): void => {
        const message = { value, ...meta } as T;
        const read = this.#readers.shift();
        if (read) {
            read({ done: false, value: message });
            return;
        }
        this.#waiting.push(message);
        if (this.#waiting.length > MAX_WAITING) this.#pause(this.#source.socketOf(meta));
    };

    readonly #onDisconnect = (socket: Socket): void => {
        this.#paused.get(socket)?.();
        this.#paused.delete(socket);
    };

    /** The connection goes on with another socket. */
    readonly #onInterrupted = (_error: unknown, socket: Socket): void => {
        this.#onDisconnect(socket);
    };

    #pause(socket: Socket | null | undefined): void {
        if (socket && !this.#paused.has(socket)) this.#paused.set(socket, holdReading(socket));
    }

    #resumeAll(): void {
        const paused = [...this.#paused.values()];
        this.#paused.clear(); // first: messages that were held arrive at once, and may pause their sockets again
        for (const resume of paused) resume();
    }
}
