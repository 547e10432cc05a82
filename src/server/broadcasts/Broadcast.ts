import type { Socket } from "node:net";
import type { Encoder } from "../../codec/Encoder";
import type { Connection } from "../../connection/Connection";
import { publishSent } from "../../diagnostics/channels";
import { Timer } from "../../runtime/clock";
import { SockhopError } from "../../SockhopError";
import { markHandled } from "../../timers/promises";
import type { BatchMember, BroadcastBatch } from "./BroadcastBatch";
import type { BroadcastFrame } from "./BroadcastFrame";

/** Longest time that clients that are not reading delay the promise of a broadcast. */
const SLOW_CLIENT_TIMEOUT_MS = 1000;

/** Connection that a broadcast did not reach. */
export interface Failure {
    socket: Socket;
    error: SockhopError;
}

/** Frames that are sent to the same connections in one tick, and their result. Their {@link BroadcastBatch} writes them. */
export class Broadcast implements BatchMember {
    /** Promise of `sendall()`, shared by all frames of this broadcast. */
    readonly promise: Promise<undefined[]>;
    /** Emptied after the write: a server that sends nothing more must not keep closed connections in memory. */
    #connections: readonly Connection[];
    /** Connections that the frames are written to. */
    #recipients: readonly Connection[];
    readonly #count: number;
    #failures: Failure[] = [];
    #resolve!: (sent: undefined[]) => void;
    #reject!: (error: SockhopError) => void;
    /** True if a connection does not get the frame because of its format. It may get the next one. */
    readonly #hasCodecErrors: boolean;
    readonly #batch: BroadcastBatch;
    /** Sockets with earlier pending writes. The promise does not wait for them, unless all recipients are slow. */
    readonly #slowSockets = new Set<Socket>();
    /** Number of writes that the promise waits for. */
    #pendingWrites = 0;
    /** True after the timeout: the next completed write settles the promise. */
    #hasTimedOut = false;
    #timer: Timer | undefined;
    #isFinished = false;

    /**
     * Skips connections above `max_buffered`, for any `slow_consumer`. If all are above it, skips none for that reason:
     * `slow_consumer` applies.
     *
     * @param batch - returns the batch that writes the frame. Called last, because a connection that is full may be closed
     */
    constructor(connections: readonly Connection[], frame: BroadcastFrame, batch: () => BroadcastBatch) {
        this.#hasCodecErrors = frame.errors !== undefined;
        this.promise = markHandled(
            new Promise((resolve, reject) => {
                this.#resolve = resolve;
                this.#reject = reject;
            }),
        );
        this.#connections = connections;
        this.#count = connections.length;
        const areAllFull = connections.every(({ overLimit }) => overLimit);
        this.#recipients = connections.filter((connection) => this.#canSendTo(connection, areAllFull, frame));
        this.#batch = batch();
        this.#batch.add(this, this.#recipients, frame);
        publish(connections, frame);
    }

    /** True if a frame to these connections can be added to this broadcast. */
    isFor(connections: readonly Connection[]): boolean {
        return (
            !this.#batch.isWritten &&
            !this.#hasCodecErrors &&
            connections.length === this.#connections.length &&
            connections.every((connection, index) => connection === this.#connections[index] && !connection.overLimit)
        );
    }

    /** Adds a frame that all formats can express. */
    push(frame: BroadcastFrame): void {
        const connections = this.#connections;
        this.#batch.add(this, this.#recipients, frame);
        publish(connections, frame);
    }

    beginWrite(): void {
        for (const { hasPendingWrites, socket } of this.#recipients)
            if (hasPendingWrites) this.#slowSockets.add(socket);
        if (this.#slowSockets.size === this.#recipients.length) this.#slowSockets.clear();
        this.#pendingWrites = this.#recipients.length - this.#slowSockets.size;
        if (this.#pendingWrites === 0) this.#finish();
    }

    endWrite(): void {
        const writes = this.#recipients.length - this.#slowSockets.size;
        this.#connections = this.#recipients = [];
        if (this.#count < 2 || this.#pendingWrites === 0) return;
        this.#timer = new Timer(() => {
            this.#hasTimedOut = true;
            if (this.#pendingWrites < writes) this.#finish();
        }, SLOW_CLIENT_TIMEOUT_MS).unref();
    }

    /** Handles the end of the write to one socket. */
    settle(socket: Socket, error: SockhopError | undefined): void {
        if (this.#isFinished) return;
        if (error) this.#failures.push({ socket, error });
        if (this.#slowSockets.has(socket)) return;
        this.#pendingWrites -= 1;
        if (this.#pendingWrites === 0 || this.#hasTimedOut) this.#finish();
    }

    #canSendTo(connection: Connection, areAllFull: boolean, { errors }: BroadcastFrame): boolean {
        const codecError = errors?.get(connection.wire?.format);
        const writeError = connection.overLimit && !areAllFull ? connection.bufferFullError() : connection.writeError();
        const error = writeError ?? codecError;
        if (error) this.#failures.push({ socket: connection.socket, error });
        return !error;
    }

    #finish(): void {
        this.#timer?.clear();
        const count = this.#count;
        const failures = this.#failures;
        const [first] = failures;
        // The server keeps its last broadcast, which must not keep closed sockets in memory.
        this.#isFinished = true;
        this.#failures = [];
        this.#slowSockets.clear();
        if (!first) {
            this.#resolve(new Array<undefined>(count).fill(undefined));
            return;
        }
        const message = `${failures.length} of ${count} clients did not receive the message: ${first.error.message}`;
        const error = new SockhopError(message, first.error.code, { cause: first.error });
        this.#reject(Object.assign(error, { failures }));
    }
}

/** Publishes a frame on the diagnostics channel. Called last, because a subscriber may send, too. */
function publish(connections: readonly Connection[], frame: BroadcastFrame): void {
    for (const connection of connections) {
        if (frame.errors?.has(connection.wire?.format)) continue;
        const encoder: Encoder = connection.wire ?? connection.endpoint._objectBuffer.json;
        publishSent(connection, frame.for(connection), encoder);
    }
}
