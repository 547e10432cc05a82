import type { Socket } from "node:net";
import { isBadFrame } from "../codec/errors";
import { ObjectBuffer } from "../codec/ObjectBuffer";
import { Connection, connectionOf } from "../connection/Connection";
import { type DisconnectReason, closeReasonOf, reasonOf } from "../connection/DisconnectReason";
import { FrameTimeouts } from "../connection/FrameTimeouts";
import { CLOSE_TIMEOUT_MS, type CloseOptions, drained } from "../connection/GracefulClose";
import { releaseReading } from "../connection/holdReading";
import { publishConnect, publishDisconnect } from "../diagnostics/channels";
import { debug, enableDebugLog } from "../diagnostics/debugLog";
import { ClosedTotals, type Stats } from "../diagnostics/Stats";
import { unknownEventWarning } from "../diagnostics/unknownEvents";
import { emitSafely } from "../emitter/emitSafely";
import { TypedEmitter } from "../emitter/TypedEmitter";
import { TypeEventName } from "../emitter/TypeEventName";
import type { Message } from "../protocol/Message";
import type { Reply } from "../replies/PendingReply";
import { nextTick, now, setImmediate } from "../runtime/clock";
import { codeOf, messageOf } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";
import { TimerLists } from "../timers/TimerLists";
import { ErrorReporter } from "./ErrorReporter";
import { MessageReceiver } from "./MessageReceiver";
import { type EndpointLimits, type SockhopOptions, endpointLimits } from "./options";

enableDebugLog();

/** Error codes of a connection that the peer has aborted. Only `disconnect` reports it, no `error` event. */
const PEER_ABORTS: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE"]);

/**
 * Base of client and server: a set of connections, and the {@link ObjectBuffer} that frames their messages.
 *
 * Mixins use these members:
 *
 * | override, and call `super` | use |
 * | --- | --- |
 * | `_onOpen(connection)`: emits `connect`, then reads | `_connections`: those that are not closed |
 * | `_onMessage(connection, message)`: delivers values | `_objectBuffer`: encodes messages |
 * | `_onClose(connection, wasOpen)`: emits `disconnect` | `_timers`: timeouts of replies |
 * | `_eventArgs(connection)`: arguments of events | `_limits`: validated options |
 * | | `_deliver(connection, message, reply?)`: emits `receive` |
 * | | `_close(connection, reason)`: graceful close |
 * | | `_destroy(connection, reason)`: close at once |
 * | `_deliverHeld(connection)`: the peer has ended | |
 * | `_onInterrupt(connection, reason)`: the socket is lost | `_reportError(error, connection)`: `error` event or warning |
 * | | `_adopt(connection, other)`: continues on another socket |
 *
 * Their public methods begin with `_self()`.
 * A mixin declares an abstract member for anything else that its class must provide.
 */
// The default type lets mixins and their tests write `Endpoint` where the events do not matter.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export abstract class Endpoint<E = any, T = any, Other extends string | symbol = string | symbol> extends TypedEmitter<
    E,
    T,
    Other
> {
    /**
     * Returns this object. Public methods begin with this call, because a Proxy around it has no private members.
     *
     * @internal
     */
    protected readonly _self = (): this => this;
    /** @internal */
    protected readonly _connections = new Set<Connection>();
    /** @internal */
    readonly _objectBuffer: ObjectBuffer;
    /** @internal */
    readonly _limits: EndpointLimits;
    /** @internal */
    protected readonly _timers = new TimerLists();
    /** @internal */
    protected readonly _totals = new ClosedTotals();
    readonly #errors = new ErrorReporter(this);
    readonly #receiver: MessageReceiver;
    readonly #frameTimeouts: FrameTimeouts;
    readonly #receiveEvent = new TypeEventName("receive");
    /** Connections whose sockets are being closed. */
    #closing: Set<Connection> | undefined;

    readonly #socketOnData = this.#listener((connection, chunk: Buffer) => {
        this.#receiver.onData(connection, chunk);
    });
    readonly #socketOnEnd = this.#listener((connection) => {
        // Node has not ended the socket yet: if it is ended, the program did, and the peer only follows.
        const { socket } = connection;
        const code = socket.writableEnded ? "CLOSED" : "PEER_ENDED";
        // Later, as Node ends the socket itself: after the `end` listeners of the program.
        nextTick(() => {
            if (socket !== connection.socket) return;
            if (connection.state === "closed" && !connection.isLeaving) return;
            if (socket.allowHalfOpen) return; // kept open by the program, or a pause
            this.#onPeerEnd(connection, { code });
        });
    });
    readonly #socketOnClose = this.#listener((connection) => {
        if (this.#interrupt(connection, closeReasonOf(connection.socket))) return;
        this._deliverHeld(connection);
        if (connection.socket.readableEnded) this.#receiver.onEnd(connection);
        else this.#receiver.deliverPaused(connection);
        this._close(connection, closeReasonOf(connection.socket));
    });
    readonly #socketOnError = this.#listener((connection, error: Error) => {
        if (this.#interrupt(connection, reasonOf(error))) return;
        connection.error = error;
        const isReported = connection.state === "open" && !PEER_ABORTS.has(codeOf(error));
        this._deliverHeld(connection);
        this.#receiver.deliverPaused(connection);
        if (isReported) this.#errors.emit(error, this._eventArgs(connection));
        this._close(connection, reasonOf(error));
    });
    readonly #socketOnDrain = this.#listener((connection) => {
        // Node emits `drain` before it calls the callbacks of the writes, so `buffered` still counts them.
        nextTick(() => {
            if (connection.state !== "open" || this._hasQueued(connection)) return;
            if (connection.resumption?.hasWaited) return; // frames still wait for the peer
            emitSafely(this, "drain", ...this._eventArgs(connection));
        });
    });

    constructor(options: SockhopOptions) {
        super();
        this._objectBuffer = new ObjectBuffer(options);
        this._limits = endpointLimits(options);
        this.#receiver = new MessageReceiver(this._objectBuffer, {
            onMessage: (connection, message) => this._onMessage(connection, message),
            onBadFrame: (connection, error) => {
                debug?.("bad frame from %s: %s", connection.peer, messageOf(error));
                this.#errors.report(error, this._eventArgs(connection));
            },
            onWarning: (text) => this.#errors.warn(text),
            onFatal: (connection, error) => this._destroy(connection, reasonOf(error)),
            onPeerEnd: (connection) => this.#onPeerEnd(connection, { code: "PEER_ENDED" }),
        });
        this.#frameTimeouts = new FrameTimeouts(
            this._connections,
            this._limits.frameTimeout,
            (connection) => {
                const message = `A frame did not end within frame_timeout (${this._limits.frameTimeout} ms)`;
                this._destroy(connection, reasonOf(new SockhopError(message, "ERR_FRAME_TIMEOUT")));
            },
            ({ bytesReceived }) => {
                const advice = "do both ends have the same option terminator?";
                this.#errors.warn(`A peer has sent ${bytesReceived} bytes without a terminator: ${advice}`);
            },
        );
    }

    /**
     * Stops reading from peers that do not read: see {@link MessageReceiver.pausesReading}.
     *
     * @internal
     */
    protected _pauseSlowPeers(): void {
        this.#receiver.pausesReading = true;
    }

    /**
     * Adds the connection of a socket, and handles its errors and its end from now on.
     *
     * @internal
     */
    protected _attach(socket: Socket): Connection {
        const connection = new Connection(socket, this);
        this._connections.add(connection);
        this.#frameTimeouts.start();
        (socket as Partial<Socket>).setNoDelay?.(); // a Duplex that is no net.Socket lacks it
        socket.on("end", this.#socketOnEnd).prependListener("close", this.#socketOnClose);
        socket.on("error", this.#socketOnError).on("drain", this.#socketOnDrain);
        return connection;
    }

    /**
     * Emits `connect`, then starts reading, so that `connect` precedes the first `receive`.
     *
     * @returns false if a subscriber of the diagnostics channel closed the connection
     * @internal
     */
    protected _onOpen(connection: Connection): boolean {
        publishConnect(connection);
        if (connection.state === "closed") return false;
        connection.state = "open";
        this._totals.opened();
        emitSafely(this, "connect", ...this._eventArgs(connection));
        if (this._totals.reopened === 0) setImmediate(() => this.#checkEvents());
        this._read(connection);
        return true;
    }

    /** Called when the first connection has opened: a program that awaits `connect()` has its listeners then. */
    #checkEvents(): void {
        const warning = unknownEventWarning(this.eventNames());
        if (warning !== undefined) this._warn(warning);
    }

    /** @internal */
    protected _read(connection: Connection): void {
        connection.socket.off("data", this.#socketOnData).on("data", this.#socketOnData);
    }

    /**
     * Handles received bytes.
     *
     * @param length - number of valid bytes at the start of the chunk
     * @internal
     */
    protected _onData(connection: Connection, chunk: Buffer, length: number): void {
        this.#receiver.onData(connection, chunk, length);
    }

    /**
     * Delivers values. Mixins handle the other kinds of messages.
     *
     * @internal
     */
    protected _onMessage(connection: Connection, message: Message): void {
        if (message.kind === "message") this._deliver(connection, message);
    }

    /**
     * Emits `receive`, and the event of the type.
     *
     * @param reply - sends the reply to a call
     * @internal
     */
    protected _deliver(connection: Connection, { type, data }: Message, reply?: Reply): void {
        const meta = this._receiveMeta(connection, type, reply);
        const emitter = this as unknown as TypedEmitter<object>; // any events: those of a protocol are for its users
        const isHeard = emitter.emit("receive", data, meta);
        const event = this.#receiveEvent.name(type);
        if (event !== undefined && emitter.listenerCount(event) > 0) emitter.emit(event, data, meta);
        else if (!isHeard) this._onUnheard(connection, type, reply !== undefined);
    }

    /**
     * Handles a message that nothing listens for.
     *
     * @param isCall - true if its sender waits for a reply
     * @internal
     */
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- a mixin needs it
    protected _onUnheard(connection: Connection, type: string, _isCall: boolean): void {
        debug?.("no listener for %s from %s", type, connection.peer);
    }

    /**
     * Second argument of `receive`.
     *
     * @internal
     */
    protected abstract _receiveMeta(connection: Connection, type: string, reply: Reply | undefined): object;

    /**
     * True while messages for this connection are queued.
     *
     * @internal
     */
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- a client overrides it
    protected _hasQueued(_connection: Connection): boolean {
        return false;
    }

    /**
     * Creates a listener for the sockets of all connections. One shared function instead of a closure per connection
     * saves memory. It ignores sockets whose connection is closed.
     */
    #listener<A>(handle: (connection: Connection, argument: A) => void): (argument?: A) => void {
        const endpoint = this._self();
        return function (this: Socket, argument?: A): void {
            const connection = connectionOf(this);
            if (connection?.endpoint !== endpoint) return;
            if (connection.state === "closed" && !connection.isLeaving) return;
            if (connection.socket === this) handle(connection, argument as A); // it may have continued on another one
        };
    }

    #onPeerEnd(connection: Connection, reason: DisconnectReason): void {
        if (this.#interrupt(connection, reason)) return;
        this._deliverHeld(connection);
        this.#receiver.onEnd(connection);
        // During a TLS handshake an error event follows, which is more specific.
        if (connection.state === "open") this._close(connection, reason);
    }

    /**
     * Delivers messages that a mixin holds, before the connection of a peer that has ended closes.
     *
     * @internal
     */
    // eslint-disable-next-line @typescript-eslint/no-empty-function, @typescript-eslint/no-unused-vars -- a mixin overrides it
    protected _deliverHeld(_connection: Connection): void {}

    /**
     * Interrupts a connection that can be resumed. Delivers first what has arrived.
     *
     * @returns false if the connection ends
     */
    #interrupt(connection: Connection, reason: DisconnectReason): boolean {
        if (!connection.survives(reason)) return false;
        if (connection.isInterrupted) return true;
        connection.partialFrame = undefined; // the peer sends it again
        this.#receiver.onInterrupt(connection);
        this._onInterrupt(connection, reason); // does nothing if a handler has closed it
        return true;
    }

    /**
     * Handles a destroyed socket as its `error` and `close` do, which come later, and have no effect then.
     *
     * @internal
     */
    protected _lose({ socket }: Connection): void {
        if (socket.errored) this.#socketOnError.call(socket, socket.errored);
        else this.#socketOnClose.call(socket);
    }

    /**
     * Waits for another socket for a connection that has lost its socket.
     *
     * @internal
     */
    // eslint-disable-next-line @typescript-eslint/no-empty-function, @typescript-eslint/no-unused-vars -- a mixin overrides it
    protected _onInterrupt(_connection: Connection, _reason: DisconnectReason): void {}

    /**
     * Continues a connection on the socket of another one.
     *
     * @internal
     */
    protected _adopt(connection: Connection, other: Connection): void {
        this._connections.delete(other);
        const socket = connection.adopt(other);
        releaseReading(socket);
        socket.destroy();
        this.#stopTimers(); // if the connection is closed, and only waits for acknowledgements
    }

    /** @internal */
    _onAborted(connection: Connection, error: Error): void {
        this._destroy(connection, reasonOf(error));
    }

    /** @internal */
    _peerName({ remoteAddress, remotePort }: Socket): string {
        return remoteAddress === undefined ? "a client" : `${remoteAddress}:${remotePort}`;
    }

    /** @internal */
    _onSocketTaken(connection: Connection): void {
        this._close(connection, { code: "REPLACED" });
    }

    /**
     * Connection of a socket, if it belongs to this endpoint and is not closed.
     *
     * @internal
     */
    protected _connectionOf(socket: Socket): Connection | undefined {
        const connection = connectionOf(socket);
        return connection?.endpoint === this && connection.state !== "closed" ? connection : undefined;
    }

    /**
     * Closes a connection as a program asks for it, after its open replies if `drain` is set. A second call can shorten the
     * timeout.
     *
     * @returns promise that resolves when the socket is closed
     * @internal
     */
    protected async _closeAndWait(
        connection: Connection,
        reason: DisconnectReason,
        { timeout, drain }: CloseOptions,
    ): Promise<undefined> {
        if (timeout > 0 && drain && connection.state === "open" && this._mayLeave(connection)) {
            const start = now();
            await drained(connection, timeout);
            timeout = Math.max(1, timeout - (now() - start)); // 0 would discard frames that are still being sent
        }
        const waits = timeout > 0 && this._mayLeave(connection);
        this._close(connection, reason, timeout, waits);
        return connection.close(timeout);
    }

    /**
     * True if a connection that closes can still get anything from its peer, such as acknowledgements.
     *
     * @internal
     */
    protected _mayLeave({ isInterrupted }: Connection): boolean {
        return !isInterrupted;
    }

    /**
     * Closes a connection gracefully: sends all accepted frames, and ignores received ones. The connection is closed and
     * `disconnect` emitted when the call returns. Has no effect on a closed connection.
     *
     * @param reason - argument of `disconnect`
     * @param timeout - milliseconds
     * @param waits - true to keep the socket until the peer has acknowledged all, if it does so
     * @internal
     */
    protected _close(
        connection: Connection,
        reason: DisconnectReason,
        timeout = CLOSE_TIMEOUT_MS,
        waits = false,
    ): void {
        if (connection.state === "closed") return;
        connection.beforeClose?.(connection);
        if ((connection.state as string) === "closed") return; // `end()` of the session closed it
        const wasOpen = connection.state === "open";
        connection.state = "closed"; // first: a program may close it again where it is written to
        connection.closeReason = reason;
        if (waits && wasOpen) connection.leave();
        else connection.endResumption();
        // Frees the received bytes, even if the program keeps the socket.
        if (!connection.isLeaving) connection.partialFrame = undefined;
        connection.pausedFrames = undefined;
        releaseReading(connection.socket);
        this.#receiver.receipts.delete(connection);
        this._connections.delete(connection);
        (this.#closing ??= new Set()).add(connection);
        void connection.close(timeout).then(() => {
            this.#closing?.delete(connection);
            this._totals.add(connection);
        });
        this._onClose(connection, wasOpen);
        connection.endReply();
        this.#stopTimers();
    }

    #stopTimers(): void {
        if (this._connections.size > 0) return;
        this.#frameTimeouts.stop();
        this._timers.removeEmpty();
    }

    /**
     * Closes all connections gracefully. Resolves when their sockets, and those already closing, are closed.
     *
     * @internal
     */
    protected async _closeAll(options: CloseOptions): Promise<undefined[]> {
        const closing = [...(this.#closing ?? [])].map((connection) => connection.close(options.timeout));
        const closed = [...this._connections].map((connection) =>
            this._closeAndWait(connection, { code: "CLOSED" }, options),
        );
        await Promise.all(closing);
        return Promise.all(closed);
    }

    /**
     * Closes a connection at once and discards unsent frames.
     *
     * @param reason - argument of `disconnect`; its error is reported before the connection closes
     * @internal
     */
    protected _destroy(connection: Connection, reason: DisconnectReason): void {
        if (connection.state === "closed" || this.#interrupt(connection, reason)) return;
        const { error } = reason;
        try {
            if (error) {
                connection.error = error;
                this.#errors.report(error, this._eventArgs(connection));
            }
        } finally {
            connection.endResumption();
            connection.socket.destroy();
            this._close(connection, reason);
        }
    }

    /**
     * Emits `disconnect` if the connection was open; on a server after its session has ended.
     *
     * @internal
     */
    protected _onClose(connection: Connection, wasOpen: boolean): void {
        if (!wasOpen) return;
        publishDisconnect(connection);
        connection.afterSession(() => {
            emitSafely(this, "disconnect", ...this._eventArgs(connection), connection.closeReason);
        });
    }

    /**
     * Reports an error of a connection, or of the endpoint if it is `null`. See {@link ErrorReporter}. Too many bad frames
     * in a row close the connection.
     *
     * @internal
     */
    protected _reportError(error: Error, connection: Connection | null): void {
        if (connection && isBadFrame(error)) this.#receiver.reportBadFrame(connection, error);
        else this.#errors.report(error, this._eventArgs(connection));
    }

    /**
     * Emits one process warning per endpoint: see {@link ErrorReporter.warn}.
     *
     * @internal
     */
    protected _warn(text: string): void {
        this.#errors.warn(text);
    }

    /**
     * Emits `error` for a connection.
     *
     * @returns false without a listener
     * @internal
     */
    protected _emitError(error: Error, connection: Connection): boolean {
        return this.#errors.emit(error, this._eventArgs(connection));
    }

    /**
     * Arguments of an event that identify its connection.
     *
     * @internal
     */
    protected _eventArgs(connection: Connection | null): unknown[] {
        return [connection ? connection.socket : null];
    }

    /** @internal */
    protected _stats(): Stats {
        return this._totals.with([...this._connections, ...(this.#closing ?? [])]);
    }
}
