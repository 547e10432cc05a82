import type { Socket } from "node:net";
import type { ControlKind, Encoder, Frame, Identified, ReadState } from "../codec/Codec";
import type { ObjectBuffer } from "../codec/ObjectBuffer";
import type { Wire } from "../codec/Wire";
import { publishSent } from "../diagnostics/channels";
import type { Receipt } from "../protocol/Receipt";
import type { OpenResponses } from "../replies/responses/OpenResponses";
import type { PendingCallback } from "../replies/PendingCallback";
import type { PendingReply, ReplyHost } from "../replies/PendingReply";
import type { PendingRequest } from "../replies/PendingRequest";
import type { PendingTable } from "../replies/PendingTable";
import { SockhopError, notConnectedError } from "../SockhopError";
import { markHandled } from "../timers/promises";
import type { DisconnectReason } from "./DisconnectReason";
import { FrameWriter } from "./writing/FrameWriter";
import { MAX_WRITE } from "./writing/SocketWriter";
import { GracefulClose } from "./GracefulClose";
import { HeldFrames, type ReceivedFrame } from "./resume/HeldFrames";
import type { PingHistory } from "./PingHistory";
import { TransferWatch } from "./TransferWatch";
import type { Limits } from "./limits";
import { withUnacknowledged } from "./resume/Resumption";
import { pause } from "./holdReading";
import { hookSocket, ownerOf } from "./socketHooks";

/** Bytes of a flush of short messages, with which a peer can exceed its `max_bytes`. */
const MAX_FLUSH = 2 * MAX_WRITE;

/** Result of `send()` for a caller that does not wait for the write. */
const SENT = Promise.resolve(undefined);

/** Encodes the messages of a program. */
export type MessageEncoder = Pick<
    Encoder,
    "latestType" | "identify" | "encodeMessage" | "encodeCall" | "encodeRequest"
>;

/**
 * Sends frames: a connection, or a client, which may queue them.
 *
 * @internal
 */
export interface Sender {
    /** True if it sends over a connection, or tries to. Its loss is reported by `disconnect`, so a rejection may be ignored. */
    readonly isConnected: boolean;
    readonly socket: Socket | undefined;
    /** Encoder of the next frame, which {@link send} must get before another one is encoded. */
    readonly encoder: MessageEncoder;
    /**
     * Sends a frame.
     *
     * Resolves when the operating system has the bytes, or at once if `reply` does not wait for the write. When it
     * rejects, `reply` has failed with the same error.
     *
     * @param reply - reply that the frame expects
     */
    send(frame: Frame, reply?: PendingReply): Promise<undefined>;
}

/** Fails a message of a client without a connection. Settles as {@link Sender.send}. */
export function refuseToSend(reply?: PendingReply): Promise<never> {
    const message = "The client is not connected: await connect() first, or use the option queue";
    const error = notConnectedError(undefined, message);
    reply?.fail(error);
    return Promise.reject(error);
}

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
export class Connection extends FrameWriter implements ReadState, ReplyHost, Sender {
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
    /** Session of the connection, on a server. */
    session: Session | undefined;
    /** Id of the session. Created when the program asks for it, so others need no memory. */
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
        if (this.wire === undefined) return this.endpoint._objectBuffer;
        this.prepareWire();
        return this.wire;
    }

    /** Name of the codec that both ends use. */
    get codec(): string {
        return this.wire?.name ?? "json";
    }

    /** True while the connection survives the loss of its socket. */
    get isResumable(): boolean {
        return this.state !== "closed" && this.resumption?.isOver === false;
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
            return markHandled(Promise.reject(error));
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
        const { _objectBuffer: objectBuffer } = this.endpoint;
        const line = objectBuffer.encodeControl(kind, data);
        this.writeApart(line);
        publishSent(this, line, objectBuffer);
    }

    /**
     * Acknowledges all received frames.
     *
     * @param more - further members of the {@link Receipt}
     * @returns false without a usable socket, and while the peer does not read
     */
    sendReceipt(more?: Omit<Receipt, "ack">): boolean {
        const { resumption } = this;
        if (!resumption || this.isInterrupted || !this.socket.writable) return false;
        if (this.bytesPending >= this.limits.maxBuffered && !more?.bye) return false;
        resumption.onReceiptSent(this.bytesReceived);
        try {
            this.sendApart({ ack: resumption.complete, ...more });
        } catch {
            return true; // it does not fit into `max_message_size`: neither would any message
        }
        return true;
    }

    /** Waits until the peer has acknowledged all that was sent. Without an agreement to resume, resolves at once. */
    acknowledged(): Promise<void> {
        const { resumption } = this;
        if (!resumption) return Promise.resolve();
        this.flush();
        const flushed = resumption.flushed();
        if (resumption.hasFlushes) this.sendReceipt({ ask: true });
        return flushed;
    }

    /** Handles an acknowledgement. Returns false if it is not valid. */
    onReceipt(received: number, held = 0): boolean {
        const { resumption } = this;
        if (!resumption) return false;
        const { acknowledged } = resumption.journal;
        if (!resumption.acknowledge(received, held)) return false;
        // A peer that handles nothing now acknowledges later: both ends would ask each other without an end.
        if (received > acknowledged) resumption.hasAsked = false;
        this.writeJournal();
        if (resumption.journal.isEmpty) this.endFarewell();
        return true;
    }

    /** See {@link HeldFrames}: only a connection that can be resumed has them. */
    holdFrames(): (() => void) | undefined {
        const { resumption, socket } = this;
        if (!resumption || !this.isResumable) return undefined;
        const maxBytes = resumption.journal.limits.maxBytes + MAX_FLUSH;
        const held = new HeldFrames(maxBytes, () => pause(socket));
        held.onRelease = resumption.held?.onRelease;
        for (const frame of this.takeHeld()) held.push(frame, false); // the pause of an earlier socket has not ended
        resumption.held = held;
        return () => {
            if (resumption.held !== held) return;
            resumption.held = undefined;
            held.onRelease?.(held.take());
        };
    }

    /** Returns the held frames, and forgets them. */
    takeHeld(): readonly ReceivedFrame[] {
        return this.resumption?.held?.take() ?? [];
    }

    /** True while the connection, which is closed, waits for the acknowledgements of its peer. Its socket may be replaced. */
    get isLeaving(): boolean {
        return this.resumption?.isLeaving === true;
    }

    /** Ends the resumption when the peer has acknowledged all that was sent: the connection closes. See {@link close}. */
    leave(): void {
        const { resumption } = this;
        this.flush();
        if (!resumption || resumption.isOver || resumption.journal.isEmpty) {
            this.endResumption();
            return;
        }
        resumption.isLeaving = true;
        resumption.dropUnfinished();
        this.#sayGoodbye();
    }

    /** Sends all that waits, and behind it a goodbye that asks for an acknowledgement. The peer closes then. */
    #sayGoodbye(): void {
        this.writeJournal();
        this.sendReceipt({ ask: true, bye: true });
    }

    /** Ends the wait for acknowledgements: all have arrived, or no more can. */
    endFarewell(): void {
        const { resumption } = this;
        if (!resumption?.isLeaving) return;
        const isWriting = !this.isInterrupted && this.socket.writable;
        resumption.isLeaving = false;
        this.partialFrame = undefined;
        resumption.end(isWriting, this.error);
        this.#gracefulClose?.finish();
    }

    /** Asks the peer for an acknowledgement if frames wait for one: it would come after a delay. */
    protected override writeJournal(): void {
        super.writeJournal();
        const { resumption } = this;
        if (!resumption || resumption.hasAsked || resumption.isWriting || resumption.journal.waiting === 0) return;
        resumption.hasAsked = this.sendReceipt({ ask: true });
    }

    /** Ends the resumption: the connection closes. Sends what waits, and a goodbye, if there is a usable socket. */
    endResumption(): void {
        const { resumption } = this;
        if (!resumption) return;
        const isWriting = !this.isInterrupted && this.socket.writable;
        this.flush();
        resumption.isOver = true;
        if (isWriting) {
            this.writeJournal();
            this.sendReceipt({ bye: true });
        }
        resumption.end(isWriting, this.error);
    }

    /** Goes on without the resumption: the peer does not resume. */
    dropResumption(): void {
        const { resumption } = this;
        if (!resumption) return;
        this.flush();
        resumption.isOver = true;
        this.writeJournal();
        resumption.end(true, undefined);
        this.resumption = undefined;
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

    /**
     * Sends again what the peer has not received, and then what waits.
     *
     * @param received - number of frames that the peer has received
     * @param answer - sends the answer to the peer first
     * @returns number of frames that are sent again
     */
    replay(received: number, answer?: () => void): number {
        const { resumption } = this;
        if (!resumption) return 0;
        this.flush();
        const replayed = resumption.journal.rewind(received, this.endpoint._objectBuffer.terminator);
        resumption.interruption?.timer.clear();
        resumption.interruption = undefined;
        resumption.replayed += replayed;
        resumption.hasAsked = false;
        resumption.settleFlushes();
        answer?.();
        if (!resumption.isLeaving) this.writeJournal();
        else if (resumption.journal.isEmpty) this.endFarewell();
        else this.#sayGoodbye();
        return replayed;
    }

    protected override abort(error: Error): void {
        if (this.isInterrupted) this.endpoint._onAborted(this, error);
        else super.abort(error);
    }

    /** Tells the peer that a response is no longer needed. Does nothing where {@link sendControl} does nothing. */
    sendCancel(request: Identified): void {
        if (this.overLimit) return;
        try {
            this.writeAndForget(this.encoder.encodeCancel(request));
        } catch {
            // The message does not fit into `max_message_size`, though the request did: send nothing.
        }
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
        return typeof frame === "string" ? this.endpoint._objectBuffer : (this.wire as Wire);
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

    /** True if the connection accepts one more request of the peer. */
    get acceptsRequests(): boolean {
        return !this.isDraining && (this.responses?.size ?? 0) < this.limits.maxPending;
    }

    /** Waits until no reply is pending in either direction, or the connection is closed. */
    drain(): Promise<void> {
        return new Promise((resolve) => {
            (this.#onDrained ??= []).push(resolve);
            this.endReply();
        });
    }

    /** Resolves `drain()` if the reply that has just ended was the last one. */
    endReply(): void {
        if (!this.#onDrained || (this.pausedFrames && this.state !== "closed")) return;
        if (this.state !== "closed" && this.pending + (this.responses?.size ?? 0) + this.openReplies > 0) return;
        for (const resolve of this.#onDrained.splice(0)) resolve();
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
