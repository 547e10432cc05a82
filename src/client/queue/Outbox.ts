import type { Socket } from "node:net";
import type { Frame } from "../../codec/Encoder";
import type { ObjectBuffer } from "../../codec/ObjectBuffer";
import type { Connection, ReplyQueue } from "../../connection/Connection";
import { type MessageEncoder, type Sender, refuseToSend } from "../../connection/Sender";
import type { PendingReply } from "../../replies/PendingReply";
import { type SockhopError, notConnectedError } from "../../SockhopError";
import type { ConnectAttempt } from "../connecting/ConnectAttempt";
import { OfflineQueue, type QueueOptions } from "./OfflineQueue";
import { Snapshot, SnapshotEncoder } from "./Snapshot";

/** Client that an outbox belongs to. */
export interface OutboxOwner {
    readonly _objectBuffer: ObjectBuffer;
    /** True until the codec of a connection is known. Messages wait for it. */
    _isAgreeing(connection: Connection): boolean;
}

/**
 * Sends the messages of a client: over its connection, or into a queue, from which they are sent later.
 *
 * There is a queue if the program has asked for one. Otherwise messages are queued only during an attempt to connect
 * that cannot send them yet, and until the codec of its connection is known.
 */
export class Outbox implements Sender, ReplyQueue {
    /** Connection of the client, until it closes. (A lookup for each message took 0.02 of 0.66 µs.) */
    connection: Connection | undefined;
    /** Attempt of the client to connect. */
    attempt: ConnectAttempt | undefined;
    readonly #owner: OutboxOwner;
    /** Queue of the option. */
    readonly #queue: OfflineQueue | undefined;
    /** Messages that were queued during the attempt that made the connection, while there are any. */
    #attemptQueue: OfflineQueue | undefined;
    /** Messages of handlers of `connect` that wait for the codec: they are sent before {@link #queue}, over this connection only. */
    #connectQueue: OfflineQueue | undefined;
    /** True while handlers of `connect` run. */
    #isOpening = false;
    /** Encoder of messages that wait in a queue, with a codec for bytes. */
    readonly #snapshots: SnapshotEncoder | undefined;
    /** Connection of the last {@link encoder}. A frame of bytes is for this one only. */
    #encodedFor: Connection | undefined;

    /**
     * @param queue - the option of the program
     * @throws {@link SockhopError} `ERR_BAD_OPTION`
     */
    constructor(owner: OutboxOwner, queue: QueueOptions | undefined) {
        this.#owner = owner;
        if (queue) this.#queue = new OfflineQueue(queue);
        const { format } = owner._objectBuffer;
        if (format) this.#snapshots = new SnapshotEncoder(format, owner._objectBuffer.json);
    }

    get isConnected(): boolean {
        return this.connection !== undefined;
    }

    get socket(): Socket | undefined {
        return this.connection?.socket;
    }

    /** Bytes of all queued messages. */
    get queuedBytes(): number {
        return (this.#mainQueue?.bytes ?? 0) + (this.#connectQueue?.bytes ?? 0);
    }

    /** Queue of most messages. {@link #connectQueue} is sent before it, at once. */
    get #mainQueue(): OfflineQueue | undefined {
        return this.#queue ?? this.#attemptQueue;
    }

    /** Encoder of the next message: for the connection, or for the queue that the message will wait in. */
    get encoder(): MessageEncoder {
        const connection = (this.#encodedFor = this.connection);
        if (this.#snapshots && (!connection || this.#queueFor(connection))) return this.#snapshots;
        return connection?.encoder ?? this.#owner._objectBuffer.json;
    }

    /** Sends or queues a frame. Chosen for each one: `toJSON()` of its value may have closed the connection. */
    send(frame: Frame, reply?: PendingReply): Promise<undefined> {
        const { connection } = this;
        const queue = this.#queueFor(connection);
        if (typeof frame === "string") {
            if (queue) return queue.push(frame, reply);
            return connection ? connection.send(frame, reply) : refuseToSend(reply);
        }
        if (queue && frame instanceof Snapshot) return queue.push(frame, reply);
        if (!connection) return refuseToSend(reply);
        if (frame instanceof Snapshot) frame = frame.encode(connection.wire, connection.encoder);
        else if (connection !== this.#encodedFor) return refuseToSend(reply);
        return connection.send(frame, reply);
    }

    /** Sends over this connection from now on. */
    use(connection: Connection): void {
        this.connection = connection;
        connection.queue = this;
    }

    /** Sends later what was queued during the attempt that has made the connection. */
    take(queue: OfflineQueue | undefined): void {
        this.#attemptQueue = queue;
    }

    /** Runs the handlers of `connect`. What they send goes before the queue of the program, also if it waits for the codec. */
    open(emit: () => boolean): boolean {
        this.#isOpening = this.#queue !== undefined;
        try {
            return emit();
        } finally {
            this.#isOpening = false;
        }
    }

    /**
     * Sends all queued messages.
     *
     * @param isLast - true to send them even if the connection is interrupted
     */
    flush(connection: Connection, isLast = false): void {
        if (this.#connectQueue) this.#flushFirst(connection, this.#connectQueue);
        if (connection.state !== "closed") this.#mainQueue?.flush(connection, isLast);
        this.#dropEmptyQueue();
    }

    isAhead(connection: Connection): boolean {
        const queue = this.#mainQueue;
        const isWaiting = queue !== undefined && queue.size > 0 && this.#mustQueue(queue, connection);
        return connection === this.connection && (isWaiting || this.#connectQueue !== undefined);
    }

    addReply(frame: Frame, connection: Connection): Promise<undefined> {
        const queue = this.#mainQueue;
        const last = queue !== undefined && queue.size > 0 ? queue : this.#connectQueue;
        return last ? last.pushReply(frame, connection) : connection.write(frame);
    }

    /** Lets messages wait in the queue of the program, if there is one: they are not lost if the connection is not resumed. */
    onInterrupted(connection: Connection): void {
        this.#queue?.waitFor(connection);
    }

    /** True while queued messages are being sent to a connection. */
    isSendingTo(connection: Connection): boolean {
        return this.#mainQueue?.isSendingTo(connection) === true;
    }

    /** Calls back when the messages of {@link isSendingTo} are sent, or cannot be. See {@link OfflineQueue.onSent}. */
    onSent(callback: () => void): (() => void) | undefined {
        return this.#mainQueue?.onSent(callback);
    }

    /** Drops the queued messages of the program with this error. */
    clear(error: SockhopError): void {
        this.#queue?.clear(error);
    }

    /** Forgets the connection, which is closed. */
    onClose(connection: Connection): void {
        this.connection = undefined;
        this.#mainQueue?.onClose(connection);
        const queues = [this.#connectQueue, this.#attemptQueue];
        this.#connectQueue = this.#attemptQueue = undefined;
        for (const queue of queues) queue?.clear(notConnectedError(connection.error));
    }

    /** Sends what handlers of `connect` have sent. A reply that fails meanwhile can run code that sends: behind the queue. */
    #flushFirst(connection: Connection, queue: OfflineQueue): void {
        this.#connectQueue = undefined;
        this.#queue?.waitFor(connection);
        queue.sendAll(connection);
    }

    /** Queue in which a message waits; `undefined` if it can be sent over the connection, or not at all. */
    #queueFor(connection: Connection | undefined): OfflineQueue | undefined {
        const queue = this.#queue ?? this.attempt?.queue ?? this.#attemptQueue;
        if (!queue) return undefined;
        if (!connection) return queue;
        if (this.#mustQueue(queue, connection)) {
            const isFirst = this.#isOpening && this.#owner._isAgreeing(connection);
            return isFirst ? (this.#connectQueue ??= OfflineQueue.unbounded()) : queue;
        }
        this.#dropEmptyQueue();
        return undefined;
    }

    /** True if a frame has to wait in the queue. */
    #mustQueue(queue: OfflineQueue, connection: Connection): boolean {
        return (
            this.attempt?.connection === connection ||
            !connection.isWritable ||
            queue.isSendingTo(connection) ||
            this.#owner._isAgreeing(connection)
        );
    }

    /** Nothing is queued for a connection that is open. The queue would cost memory, and time for each message. */
    #dropEmptyQueue(): void {
        const { connection } = this;
        const queue = this.#attemptQueue;
        if (!queue || !connection || queue.size > 0 || this.#mustQueue(queue, connection)) return;
        this.#attemptQueue = undefined;
    }
}
