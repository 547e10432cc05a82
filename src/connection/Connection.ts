import type { Socket } from "node:net";
import type { ControlKind, Encoder, Frame, Identified, ReadState } from "../codec/Encoder";
import type { ObjectBuffer } from "../codec/ObjectBuffer";
import type { Wire } from "../codec/Wire";
import { publishSent } from "../diagnostics/channels";
import type { PendingCallback } from "../replies/PendingCallback";
import type { PendingReply, ReplyHost } from "../replies/PendingReply";
import type { PendingRequest } from "../replies/PendingRequest";
import type { PendingTable } from "../replies/PendingTable";
import type { OpenResponses } from "../replies/responses/OpenResponses";
import { setImmediate } from "../runtime/clock";
import { SockhopError, notConnectedError } from "../SockhopError";
import { handledRejection, markHandled } from "../timers/promises";
import type { DisconnectReason } from "./DisconnectReason";
import { GracefulClose } from "./GracefulClose";
import { isBehind } from "./holdReading";
import type { Limits } from "./limits";
import type { PingHistory } from "./PingHistory";
import type { ReceivedFrame } from "./resume/HeldFrames";
import { ResumableConnection } from "./resume/ResumableConnection";
import { withUnacknowledged } from "./resume/Resumption";
import type { Sender } from "./Sender";
import { hookSocket, ownerOf } from "./socketHooks";
import { TransferWatch } from "./TransferWatch";

/** Result of `send()` for a caller that does not wait for the write. */
const SENT = Promise.resolve(undefined);

/**
 * Client or server that owns a connection.
 *
 * @internal
 */
export interface ConnectionOwner {
    readonly _objectBuffer: ObjectBuffer;
    readonly _limits: Limits;
    /** Address of the peer, for messages. */
    _peerName(socket: Socket): string;
    /** Called when another endpoint has become the owner of the socket. */
    _onSocketTaken(connection: Connection): void;
    /** Called for an error that ends a connection without a usable socket. */
    _onAborted(connection: Connection, error: Error): void;
}

/**
 * Queue of a client, whose messages must be sent before replies.
 *
 * @internal
 */
export interface ReplyQueue {
    /** True if messages wait for this connection. */
    isAhead(connection: Connection): boolean;
    /** Sends a reply behind them. Settles as {@link Connection.write}. */
    addReply(frame: Frame, connection: Connection): Promise<undefined>;
}

/**
 * User's object for one connection of a server.
 *
 * @internal
 */
export interface Session {
    start(): unknown;
    end(): unknown;
}

/**
 * State of one socket. Extends its writer instead of owning it: one object less for each connection (145 bytes).
 *
 * @internal
 */
export class Connection extends ResumableConnection implements ReadState, ReplyHost, Sender {
    /**
     * - `pending`: not usable yet
     * - `ready`: on a server, `start()` of the session has resolved, and `sockets` contains the socket
     * - `open`: between the `connect` and `disconnect` events
     * - `closed`: from the first sign that the connection has ended
     */
    state: "pending" | "ready" | "open" | "closed" = "pending";
    /** Error that has closed the connection, or will close it. */
    error: Error | undefined;
    /** Set when the connection is closed. */
    closeReason: DisconnectReason | undefined;
    bytesReceived = 0;
    framesReceived = 0;
    partialFrame: ReadState["partialFrame"];
    /** Number of bad frames since the last valid message. */
    badFrames = 0;
    /** Frames that are not handled before the peer has read our replies. `release()` resumes reading. */
    pausedFrames: { readonly frames: readonly ReceivedFrame[]; release(): void } | undefined;
    /** Pings of this connection; `undefined` before the first. */
    pings: PingHistory | undefined;
    /** Pending replies to our calls, by the id of the call. */
    callbacks: PendingTable<PendingCallback> | undefined;
    /** Pending responses to our requests, by the uuid of the request. */
    requests: PendingTable<PendingRequest> | undefined;
    /**
     * Responses to requests of the peer, by the uuid of the request; without those that a handler sends before it
     * returns.
     */
    responses: OpenResponses | undefined;
    /**
     * Number of calls of the peer that can still get a reply, plus the number of requests whose handlers are running.
     */
    openReplies = 0;
    /** Number of asynchronous handlers of requests that have not ended, also of those that were canceled. */
    runningHandlers = 0;
    /** Set on a client. */
    queue: ReplyQueue | undefined;
    /** Session of the connection, on a server. */
    session: Session | undefined;
    /** Last id of the session. Created when the program asks for it, so others need no memory. */
    declare sessionId?: string;
    /** Called before the connection closes, while it can still send. Set after the session has started. */
    beforeClose: ((connection: Connection) => void) | undefined;
    /** Settles after `end()` of the session. Then `disconnect` is emitted. */
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

    // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would cost memory on each connection
    get isConnected(): boolean {
        return true;
    }

    get encoder(): Encoder {
        if (this.wire === undefined) return this.endpoint._objectBuffer.json;
        this.prepareWire();
        return this.wire;
    }

    /** Name of the codec that both ends use. */
    get codec(): string {
        return this.wire?.name ?? "json";
    }

    /** Uses a format that both ends have agreed on, from the next frame on. */
    agree(wire: Wire): void {
        this.flush();
        this.wire = wire;
    }

    send(frame: Frame, reply?: PendingReply): Promise<undefined> {
        const error = this.writeError();
        if (error) {
            reply?.fail(error);
            return handledRejection(error);
        }
        if (!reply) return this.write(frame);
        const pendingError = this.maxPendingError();
        if (pendingError) {
            reply.fail(pendingError);
            return Promise.reject(pendingError);
        }
        reply.attach(this);
        if (reply.awaitsWrite) return this.write(frame);
        this.writeAndForget(frame);
        return SENT;
    }

    /**
     * Sends a control message. Does nothing from `max_buffered` buffered bytes on: a peer that causes many control
     * messages and reads none must not fill our memory.
     */
    sendControl(kind: ControlKind, data: unknown): void {
        if (this.overLimit) return;
        try {
            if (this.resumption) this.sendApart(data, kind);
            else this.writeAndForget(this.encoder.encodeControl(kind, data));
        } catch {
            // The echoed id does not fit into `max_message_size`: send nothing.
        }
    }

    /** Sends a control message that is not counted, and not sent again after an interruption. */
    sendApart(data: unknown, kind: ControlKind = "pong"): void {
        const { json } = this.endpoint._objectBuffer;
        const line = json.encodeControl(kind, data);
        this.writeApart(line);
        publishSent(this, line, json);
    }

    /**
     * Continues on the socket of another connection, which ends without a trace.
     *
     * @returns the old socket
     */
    adopt(other: Connection): Socket {
        const { socket } = this;
        other.state = "closed";
        this.replaceSocket(other.socket);
        hookSocket(other.socket, this);
        this.partialFrame = other.partialFrame;
        other.partialFrame = undefined;
        this.bytesReceived += other.bytesReceived;
        this.framesReceived += other.framesReceived;
        this.bytesSent += other.bytesSent;
        this.error = other.error;
        this.pings?.reset();
        return socket;
    }

    protected override abort(error: Error): void {
        if (this.isInterrupted) this.endpoint._onAborted(this, error);
        else super.abort(error);
    }

    /**
     * Tells the peer that a response is no longer needed, however many bytes are buffered: there is at most one cancel for
     * each own request.
     */
    sendCancel(request: Identified): void {
        try {
            this.writeAndForget(this.encoder.encodeCancel(request));
        } catch {
            // The message does not fit into `max_message_size`, though the request did: send nothing.
        }
    }

    /** Encoder of a reply, or of a part of a response, for {@link reply}. */
    get replyEncoder(): Encoder {
        return this.wire && this.queue?.isAhead(this) ? this.wire.apart : this.encoder;
    }

    /** Sends a reply, or a part of a response: behind messages that wait in the queue of a client. */
    reply(frame: Frame): Promise<undefined> {
        return this.queue && this.#canWait(frame) ? this.queue.addReply(frame, this) : this.write(frame);
    }

    /** Sends a reply without a promise. */
    replyAndForget(frame: Frame): void {
        if (this.queue && this.#canWait(frame)) void markHandled(this.queue.addReply(frame, this));
        else this.writeAndForget(frame);
    }

    /** True if a queue is ahead of a reply. A frame of bytes of {@link encoder} cannot wait: its value has sent the first message. */
    #canWait(frame: Frame): boolean {
        return (typeof frame === "string" || frame instanceof Buffer) && this.queue?.isAhead(this) === true;
    }

    /** Writes a frame at the end of the tick. Settles as {@link FrameWriter.enqueue}. */
    write(frame: Frame): Promise<undefined> {
        const sent = this.enqueue(frame);
        publishSent(this, frame, this.#encoderOf(frame)); // last: a subscriber may send, too
        return sent;
    }

    /** Writes a frame without a promise. */
    writeAndForget(frame: Frame): void {
        this.enqueueAndForget(frame);
        publishSent(this, frame, this.#encoderOf(frame));
    }

    #encoderOf(frame: Frame): Encoder {
        return typeof frame === "string" ? this.endpoint._objectBuffer.json : (this.wire as Wire);
    }

    /** Watch of the bytes in transit. */
    get transfers(): TransferWatch {
        return (this.#transfers ??= new TransferWatch(this));
    }

    /** Number of pending replies. */
    get pending(): number {
        return (this.callbacks?.size ?? 0) + (this.requests?.size ?? 0);
    }

    /** `ERR_MAX_PENDING` if one more pending reply would exceed `max_pending`. */
    maxPendingError(): SockhopError | undefined {
        if (this.pending < this.limits.maxPending) return undefined;
        const message =
            `Too many pending replies from ${this.peer}: max_pending is ${this.limits.maxPending}. ` +
            "Give calls a timeout, or raise the option";
        return new SockhopError(message, "ERR_MAX_PENDING");
    }

    get peer(): string {
        return this.endpoint._peerName(this.socket);
    }

    /** Error of a call or request whose connection has closed. */
    lostReplyError(kind: "call" | "request", type: string): SockhopError {
        const code = this.closeReason ? ` (${this.closeReason.code})` : "";
        const reply = kind === "call" ? "reply" : "response";
        const sent = this.buffered === 0 ? "was sent" : "may have been sent";
        const message =
            `The connection to ${this.peer} closed${code} before the ${reply} to ${type} arrived: ` +
            `the ${kind} ${sent}, and the peer may have handled it`;
        const error = notConnectedError(this.error, message);
        return this.resumption ? withUnacknowledged(error, this.resumption.journal.messages) : error;
    }

    /**
     * Calls back when the session, if there is one, has ended. Asynchronous then: a program that closes many connections in
     * one tick may treat the first `disconnect` as the end of that loop.
     */
    afterSession(callback: () => void): void {
        if (this.sessionEnd) void this.sessionEnd.then(() => setImmediate(callback));
        else callback();
    }

    /** True after an unreadable frame. */
    get hasFailed(): boolean {
        return this.error !== undefined;
    }

    /** Stores the error. The connection is closed after the frames before the unreadable one are handled. */
    onUnreadable(error: SockhopError): void {
        this.error ??= error;
    }

    /** True while `drain()` waits for pending replies. The connection rejects new requests then. */
    get isDraining(): boolean {
        return this.#onDrained !== undefined;
    }

    /**
     * True if the connection accepts one more request of the peer. A canceled request counts until its handler has ended: a
     * peer could start any number of them.
     */
    get acceptsRequests(): boolean {
        const open = Math.max(this.responses?.size ?? 0, this.runningHandlers);
        return !this.isDraining && open < this.limits.maxPending;
    }

    /**
     * Waits until no reply is pending in either direction, and no frame that has arrived waits because of a pause; or until the
     * connection is closed.
     */
    drain(): Promise<void> {
        return new Promise((resolve) => {
            (this.#onDrained ??= []).push(resolve);
            this.endReply();
        });
    }

    /** Resolves `drain()` if the reply that has just ended was the last one. */
    endReply(): void {
        if (!this.#onDrained || (this.state !== "closed" && this.#isBusy)) return;
        for (const resolve of this.#onDrained.splice(0)) resolve();
    }

    /** True while replies are pending, or frames that have arrived wait because of a pause. */
    get #isBusy(): boolean {
        const { pausedFrames, pending, openReplies, responses } = this;
        return pending + openReplies + (responses?.size ?? 0) > 0 || pausedFrames !== undefined || this.isBehind;
    }

    get isBehind(): boolean {
        return isBehind(this.socket);
    }

    onRead(): void {
        this.endReply();
    }

    protected override onLeft(): void {
        this.#gracefulClose?.finish();
    }

    /**
     * Closes the socket gracefully, after {@link leave} when the peer has acknowledged all. Resolves when it is closed.
     *
     * @param timeout - in milliseconds; a second call can only shorten it
     */
    close(timeout: number): Promise<undefined> {
        // The socket may belong to another connection now.
        if (connectionOf(this.socket) !== this) return Promise.resolve(undefined);
        this.#gracefulClose ??= new GracefulClose(this);
        this.#gracefulClose.limit(timeout);
        return this.#gracefulClose.promise;
    }
}

/** Connection of a socket, on either end and in any state. */
export function connectionOf(socket: Socket | null | undefined): Connection | undefined {
    return ownerOf(socket) as Connection | undefined;
}
