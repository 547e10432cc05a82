import type { Socket } from "node:net";
import type { ControlKind, Frame, ReadState } from "../codec/Codec";
import type { ObjectBuffer } from "../codec/ObjectBuffer";
import { publishSent } from "../diagnostics/channels";
import type { OpenResponses } from "../replies/OpenResponses";
import type { PendingCallback } from "../replies/PendingCallback";
import type { PendingReply, ReplyHost } from "../replies/PendingReply";
import type { PendingRequest } from "../replies/PendingRequest";
import type { PendingTable } from "../replies/PendingTable";
import { SockhopError, notConnectedError } from "../SockhopError";
import { markHandled } from "../timers/promises";
import { FrameWriter } from "./FrameWriter";
import { GracefulClose } from "./GracefulClose";
import type { PingHistory } from "./PingHistory";
import { TransferWatch } from "./TransferWatch";
import type { Limits } from "./limits";
import { hookSocket, ownerOf } from "./socketHooks";

/** Result of `send()` for a reply whose caller does not wait for the write. */
const SENT = Promise.resolve(undefined);

/**
 * Sends frames: a connection, or a client, which may queue them.
 *
 * @internal
 */
export interface Sender {
    readonly socket: Socket | undefined;
    /**
     * Sends a frame, with the reply that it expects.
     *
     * Resolves when the system has the bytes; if the caller waits for the reply only, at once. When it rejects, the reply has
     * failed with the same error.
     */
    send(frame: Frame, reply?: PendingReply): Promise<undefined>;
}

/** The {@link Sender} of an endpoint without a connection. */
export const NOT_CONNECTED: Sender = {
    socket: undefined,
    send: (_frame, reply) => {
        const error = notConnectedError();
        reply?.fail(error);
        return Promise.reject(error);
    },
};

/**
 * Client or server of a connection.
 *
 * @internal
 */
export interface ConnectionOwner {
    readonly _objectBuffer: ObjectBuffer;
    readonly _limits: Limits;
    /** Another endpoint has taken over the socket. */
    _onSocketTaken(connection: Connection): void;
}

/**
 * Object of the user for one connection of a server.
 *
 * @internal
 */
export interface Session {
    start(): unknown;
    end(): unknown;
}

/**
 * State of one socket. It extends its writer, not to keep an object more for each connection (145 bytes).
 *
 * @internal
 */
export class Connection extends FrameWriter implements ReadState, ReplyHost, Sender {
    /**
     * `ready` on a server after `start()` of the session has resolved: the connection is listed in `sockets`. `open` between the
     * `connect` and `disconnect` events. `closed` as soon as the end is known.
     */
    state: "pending" | "ready" | "open" | "closed" = "pending";
    /** Error that has ended the connection, or is about to. */
    error: Error | undefined;
    bytesReceived = 0;
    framesReceived = 0;
    partialFrame: ReadState["partialFrame"];
    /** Number of bad frames since the last message. */
    badFrames = 0;
    /** Frames that wait until the peer has read our replies; `release()` resumes reading. */
    pausedFrames: { readonly frames: readonly Frame[]; release(): void } | undefined;
    /** Created by the first ping. */
    pings: PingHistory | undefined;
    /** Pending replies to our calls, by the id of the call. */
    callbacks: PendingTable<PendingCallback> | undefined;
    /** Pending responses to our requests, by the uuid of the request. */
    requests: PendingTable<PendingRequest> | undefined;
    /** Responses that the peer waits for, by the uuid of its request; without those that a handler sends before it returns. */
    responses: OpenResponses | undefined;
    /** Number of calls of the peer that may still be replied to, and of requests whose handlers are being called. */
    openReplies = 0;
    /** On a server. */
    session: Session | undefined;
    /** Called before the connection closes, while it can still send. Set when the session has started. */
    beforeClose: ((connection: Connection) => void) | undefined;
    /** Settles when `end()` of the session has; `disconnect` is emitted after it. */
    sessionEnd: Promise<void> | undefined;
    #gracefulClose: GracefulClose | undefined;
    #transfers: TransferWatch | undefined;
    /** Resolvers of `drain()`. */
    #onDrained: (() => void)[] | undefined;

    constructor(
        socket: Socket,
        readonly endpoint: ConnectionOwner,
    ) {
        super(socket, endpoint._limits);
        hookSocket(socket, this);
    }

    send(frame: Frame, reply?: PendingReply): Promise<undefined> {
        const error = this.writeError();
        if (error) {
            reply?.fail(error);
            return markHandled(Promise.reject(error));
        }
        if (!reply) return this.write(frame);
        const tooMany = this.maxPendingError();
        if (tooMany) {
            reply.fail(tooMany);
            return Promise.reject(tooMany);
        }
        reply.attach(this);
        if (reply.awaitsWrite) return this.write(frame);
        this.writeAndForget(frame);
        return SENT;
    }

    /**
     * Sends a control message. It is left out if more than `max_buffered` waits: a peer that provokes many and reads none must not
     * fill our memory.
     */
    sendControl(kind: ControlKind, data: unknown): void {
        if (this.overLimit) return;
        try {
            this.writeAndForget(this.endpoint._objectBuffer.encodeControl(kind, data));
        } catch {
            // The id that it repeats does not fit into `max_message_size`.
        }
    }

    /** See {@link FrameWriter.write}. */
    override write(frame: Frame): Promise<undefined> {
        const sent = super.write(frame);
        publishSent(this, frame, this.endpoint._objectBuffer); // last: a subscriber may send, too
        return sent;
    }

    override writeAndForget(frame: Frame): void {
        super.writeAndForget(frame);
        publishSent(this, frame, this.endpoint._objectBuffer);
    }

    /** Bytes in transit. */
    get transfers(): TransferWatch {
        return (this.#transfers ??= new TransferWatch(this));
    }

    /** Number of pending replies. */
    get pending(): number {
        return (this.callbacks?.size ?? 0) + (this.requests?.size ?? 0);
    }

    /** Error of one more pending reply, if there are too many. */
    maxPendingError(): SockhopError | undefined {
        if (this.pending < this.limits.maxPending) return undefined;
        const message = `This connection waits for ${this.pending} replies already (max_pending)`;
        return new SockhopError(message, "ERR_MAX_PENDING");
    }

    /** True after a frame that could not be read. */
    get hasFailed(): boolean {
        return this.error !== undefined;
    }

    /** Keeps the error until the frames before the unreadable one are handled; then the connection is closed. */
    onUnreadable(error: SockhopError): void {
        this.error ??= error;
    }

    /** True while the connection waits for its open replies before it closes. It accepts no requests then. */
    get isDraining(): boolean {
        return this.#onDrained !== undefined;
    }

    /** True if the peer may have one more open request. */
    get acceptsRequests(): boolean {
        return !this.isDraining && (this.responses?.size ?? 0) < this.limits.maxPending;
    }

    /** Resolves when no reply is pending in either direction, or when the connection is closed. */
    drain(): Promise<void> {
        return new Promise((resolve) => {
            (this.#onDrained ??= []).push(resolve);
            this.endReply();
        });
    }

    /** A reply is pending no longer. */
    endReply(): void {
        if (!this.#onDrained || (this.pausedFrames && this.state !== "closed")) return;
        if (this.state !== "closed" && this.pending + (this.responses?.size ?? 0) + this.openReplies > 0) return;
        for (const resolve of this.#onDrained.splice(0)) resolve();
    }

    /**
     * Closes the socket gracefully. Resolves when it is closed.
     *
     * @param timeout - milliseconds; another call can only shorten it
     */
    close(timeout: number): Promise<undefined> {
        if (connectionOf(this.socket) !== this) return Promise.resolve(undefined); // another connection has the socket now
        this.#gracefulClose ??= new GracefulClose(this.socket, this.transfers);
        this.#gracefulClose.limit(timeout);
        return this.#gracefulClose.promise;
    }
}

/** Connection of a socket, of either end and in any state. */
export function connectionOf(socket: Socket | null | undefined): Connection | undefined {
    return ownerOf(socket) as Connection | undefined;
}
