import type { Frame } from "../../codec/Encoder";
import type { Connection } from "../../connection/Connection";
import type { PendingReply } from "../../replies/PendingReply";
import { now, setImmediate } from "../../runtime/clock";
import { SockhopError, notConnectedError } from "../../SockhopError";
import { GraceTimeout } from "../../timers/GraceTimeout";
import { markHandled } from "../../timers/promises";
import { Snapshot } from "./Snapshot";
import { MAX_TIMEOUT, milliseconds, positiveNumber } from "../../validators";

/** Options of the queue for messages that are sent while the client is not connected. */
export interface QueueOptions {
    /**
     * Number of queued messages.
     *
     * @default 10000
     */
    max_messages?: number | undefined;
    /**
     * Bytes of all queued messages.
     *
     * @default 16777216 (16 MiB)
     */
    max_bytes?: number | undefined;
    /**
     * Milliseconds that a message stays in the queue. Then its promise rejects with `ERR_QUEUE_EXPIRED`.
     *
     * @default Infinity
     */
    max_age?: number | undefined;
    /**
     * Message to drop if the queue is full. Its promise rejects with `ERR_QUEUE_FULL`.
     * - `"reject"`: the new message
     * - `"drop-newest"`: the new message; the rejection needs no handler
     * - `"drop-oldest"`: the oldest messages; their rejections need no handler
     *
     * @default "reject"
     */
    overflow?: "reject" | "drop-oldest" | "drop-newest" | undefined;
}

interface QueuedMessage {
    readonly frame: Frame;
    /** Set for calls and requests. */
    readonly reply?: PendingReply | undefined;
    /** Set for a reply to the peer, and a part of a response: the only connection that they are for. */
    readonly target?: Connection;
    readonly bytes: number;
    /** Time at which `max_age` is over, on the clock of `performance.now()`. */
    readonly expiresAt: number;
    resolve(sent: Promise<undefined>): void;
    reject(error: SockhopError): void;
}

/**
 * Messages that were sent while there was no connection.
 *
 * @internal
 */
export class OfflineQueue {
    readonly #maxMessages: number;
    readonly #maxBytes: number;
    readonly #maxAge: number;
    readonly #overflow: NonNullable<QueueOptions["overflow"]>;
    /** Oldest first, so the first message expires first. */
    readonly #messages = new Set<QueuedMessage>();
    #bytes = 0;
    /** Connection that the queue is being flushed to, or that is interrupted. New messages are queued meanwhile, to keep the order. */
    #flushTarget: Connection | undefined;
    /** Callbacks of {@link onSent}. */
    #waiting: Set<() => void> | undefined;
    #timer: GraceTimeout | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` */
    constructor({ max_messages, max_bytes, max_age, overflow }: QueueOptions) {
        this.#maxMessages = positiveNumber("max_messages", max_messages, 10_000);
        this.#maxBytes = positiveNumber("max_bytes", max_bytes, 16 * 2 ** 20);
        this.#maxAge = milliseconds("max_age", max_age, Infinity);
        this.#overflow = overflow ?? "reject";
        if (!["reject", "drop-oldest", "drop-newest"].includes(this.#overflow)) {
            throw new SockhopError("overflow must be reject, drop-oldest or drop-newest", "ERR_BAD_OPTION");
        }
    }

    /** Creates a queue without bounds, for messages that wait for a connection that is being made. */
    static unbounded(): OfflineQueue {
        return new OfflineQueue({ max_messages: Infinity, max_bytes: Infinity });
    }

    /** Bytes of all queued messages. */
    get bytes(): number {
        return this.#bytes;
    }

    /** Number of queued messages. */
    get size(): number {
        return this.#messages.size;
    }

    /** Queues a frame. Settles when the frame is sent, with the same result; rejects if the frame is dropped. */
    push(frame: Frame, reply?: PendingReply): Promise<undefined> {
        const bytes = typeof frame === "string" ? Buffer.byteLength(frame) : frame.length;
        const dropped = this.#overflow === "drop-oldest" && bytes <= this.#maxBytes ? this.#removeOldest(bytes) : [];
        if (this.#messages.size >= this.#maxMessages || this.#bytes + bytes > this.#maxBytes) {
            const error = queueFullError();
            // Marks a request as queued, so that its rejection needs no handler.
            if (reply && this.#overflow !== "reject") reply.onQueueError ??= () => undefined;
            reply?.fail(error);
            const rejected = Promise.reject(error);
            return this.#overflow === "reject" ? rejected : markHandled(rejected);
        }
        const sent = new Promise<undefined>((resolve, reject) => {
            const expiresAt = now() + this.#maxAge;
            const message: QueuedMessage = { frame, reply, bytes, expiresAt, resolve, reject };
            this.#messages.add(message);
            if (!reply) return;
            reply.onQueueError = (error) => {
                this.#drop(message, error);
            };
        });
        this.#bytes += bytes;
        this.#startTimer();
        this.#failAll(dropped, queueFullError());
        return markHandled(sent);
    }

    /**
     * Queues a reply to the peer, or a part of a response, behind messages that were sent before it. Limits and ages do not concern
     * it.
     */
    pushReply(frame: Frame, target: Connection): Promise<undefined> {
        const bytes = typeof frame === "string" ? Buffer.byteLength(frame) : frame.length;
        this.#bytes += bytes;
        target.repliesWaiting += bytes;
        const sent = new Promise<undefined>((resolve, reject) => {
            this.#messages.add({ frame, target, bytes, expiresAt: Infinity, resolve, reject });
        });
        return markHandled(sent);
    }

    /** True while the queue is being flushed to this connection. New messages must be queued then to keep the order. */
    isSendingTo(connection: Connection): boolean {
        return this.#flushTarget === connection;
    }

    /** Queues new messages, as their connection is interrupted. {@link flush} sends them when it is resumed. */
    waitFor(connection: Connection): void {
        this.#flushTarget = connection;
    }

    /**
     * Sends all queued messages, until the connection closes. Slows down before `slow_consumer` would refuse any. Stops while the
     * connection is interrupted.
     *
     * @param isLast - true to send them even then
     */
    flush(connection: Connection, isLast = false): void {
        this.#flushTarget = connection;
        const resume = (): void => {
            if (this.#flushTarget === connection) this.flush(connection);
        };
        // Messages that are added during the loop are sent in a later tick, or a program that repeats each failed call
        // would keep the loop running.
        let count = this.#messages.size;
        for (const message of this.#messages) {
            if (count === 0 || !connection.isWritable) break;
            if (connection.isInterrupted && !isLast) return;
            // With "wait" the connection refuses no message, so it can buffer all of them.
            if (connection.limits.slowConsumer !== "wait" && connection.exceeds(connection.limits.maxBuffered / 2)) {
                connection.onceWritable(resume);
                return;
            }
            count -= 1;
            this.#remove(message);
            this.#send(message, connection);
        }
        if (connection.isInterrupted && !isLast) return;
        if (this.#messages.size > 0 && connection.isWritable) setImmediate(resume);
        else this.#onFlushed();
    }

    /** Sends all messages at once, as if the program had sent them now. */
    sendAll(connection: Connection): void {
        for (const message of [...this.#messages]) {
            if (!this.#messages.has(message)) continue; // aborted by a reply that has failed
            this.#remove(message);
            this.#send(message, connection);
        }
    }

    /**
     * Calls back when the queue is no longer being flushed to its connection.
     *
     * @returns forgets the callback
     */
    onSent(callback: () => void): () => void {
        (this.#waiting ??= new Set()).add(callback);
        return () => this.#waiting?.delete(callback);
    }

    /** Stops sending to a connection, which is closed. */
    onClose(connection: Connection): void {
        for (const message of this.#messages) {
            if (message.target !== connection) continue;
            this.#remove(message);
            message.reject(notConnectedError(connection.error));
        }
        if (this.isSendingTo(connection)) this.#onFlushed();
    }

    #onFlushed(): void {
        const waiting = this.#waiting;
        this.#flushTarget = this.#waiting = undefined;
        for (const callback of waiting ?? []) callback();
    }

    #send(message: QueuedMessage, connection: Connection): void {
        const { frame, reply, target } = message;
        if (target) {
            message.resolve(target.write(frame));
            return;
        }
        try {
            const encoded = frame instanceof Snapshot ? frame.encode(connection.wire, connection.encoder) : frame;
            message.resolve(connection.send(encoded, reply));
        } catch (error) {
            message.reject(error as SockhopError);
            reply?.fail(error as SockhopError);
        }
    }

    /** Drops all messages with this error. Replies to the peer are sent. */
    clear(error: SockhopError): void {
        const messages = [...this.#messages];
        for (const message of messages) this.#remove(message);
        for (const message of messages) if (message.target?.isWritable) this.#send(message, message.target);
        this.#failAll(messages, error);
    }

    /** Removes the oldest messages until a frame of this size fits. */
    #removeOldest(bytes: number): QueuedMessage[] {
        const removed: QueuedMessage[] = [];
        for (const oldest of this.#messages) {
            if (this.#messages.size < this.#maxMessages && this.#bytes + bytes <= this.#maxBytes) break;
            if (oldest.target) continue;
            this.#remove(oldest);
            removed.push(oldest);
        }
        return removed;
    }

    #drop(message: QueuedMessage, error: SockhopError): void {
        this.#remove(message);
        this.#failAll([message], error);
    }

    /** Fails removed messages. Called last, because a program may send again at once. */
    #failAll(removed: readonly QueuedMessage[], error: SockhopError): void {
        for (const message of removed) message.reject(error);
        for (const { reply } of removed) reply?.fail(error);
    }

    #remove(message: QueuedMessage): void {
        if (message.reply) message.reply.onQueueError = undefined;
        if (!this.#messages.delete(message)) return;
        this.#bytes -= message.bytes;
        if (message.target) message.target.repliesWaiting -= message.bytes;
        if (this.#messages.size > 0) return;
        this.#timer?.clear();
        this.#timer = undefined;
    }

    /** Starts the timer of `max_age`: one for all messages, which expires with the oldest. */
    #startTimer(): void {
        if (this.#timer?.isCurrent || this.#maxAge >= MAX_TIMEOUT) return;
        const oldest = this.#oldest;
        if (!oldest) return;
        this.#timer?.clear();
        const delay = Math.max(0, oldest.expiresAt - now());
        const expectedTime = now() + delay;
        this.#timer = new GraceTimeout(delay, () => {
            this.#timer = undefined;
            this.#expire(Math.max(now(), expectedTime)); // `now()` stands still in tests that fake only the timers
        }).unref();
    }

    /** Oldest message that has an age. */
    get #oldest(): QueuedMessage | undefined {
        for (const message of this.#messages) if (!message.target) return message;
        return undefined;
    }

    #expire(time: number): void {
        const expired: QueuedMessage[] = [];
        for (const message of this.#messages) {
            if (message.target) continue;
            if (message.expiresAt - time >= 1) break;
            this.#remove(message);
            expired.push(message);
        }
        this.#startTimer();
        const error = new SockhopError("The client did not connect within max_age of the queue", "ERR_QUEUE_EXPIRED");
        this.#failAll(expired, error);
    }
}

function queueFullError(): SockhopError {
    const message = "The queue of the client is full (max_messages, max_bytes), and it is not connected";
    return new SockhopError(message, "ERR_QUEUE_FULL");
}
