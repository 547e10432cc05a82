import { milliseconds } from "../validators";
import type { Socket } from "node:net";
import { nextTick, now } from "../runtime/clock";
import { SockhopError } from "../SockhopError";
import { Connection } from "../connection/Connection";
import { TimerLists } from "../timers/TimerLists";
import { FrameTimeouts } from "../connection/FrameTimeouts";
import { Messenger } from "./MessageReceiver";
import { ClosedTotals, type Stats } from "../diagnostics/Stats";
import { connectionOf } from "../connection/socketHooks";
import { publishConnect, publishDisconnect } from "../diagnostics/channels";
import { type EndOptions, closeTimeout } from "../connection/GracefulClose";
import type { SockhopOptions } from "./options";
import { GraceTimeout } from "../timers/GraceTimeout";
import { emitSafely } from "../emitter/emitSafely";

/** How a connection ends when the peer goes away in the middle: an end like any other, and no error. */
const DEPARTURES: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE"]);

/**
 * What client and server share: some connections, one way in and one way out for each.
 *
 * In: `_attach` when there is a socket, `_onOpen` when it counts as connected. Out: `_drop`, whatever the reason. The
 * mixins extend the hook `_onClose`.
 */
// The default lets mixins and their tests say `Endpoint` where the events do not matter.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export abstract class Endpoint<E = any> extends Messenger<E> {
    /**
     * This object itself, for the public methods: they may be called on a Proxy, which has no private members.
     *
     * @internal
     */
    protected readonly _self = (): this => this;
    /** @internal */
    protected readonly _connections = new Set<Connection>();
    /**
     * Milliseconds for the answer to a request.
     *
     * @internal
     */
    protected readonly _responseTimeout: number;
    /** @internal */
    protected readonly _timers = new TimerLists();
    /** @internal */
    protected readonly _totals = new ClosedTotals();
    readonly #watch: FrameTimeouts;
    /** Connections whose sockets are being closed. */
    readonly #leaving = new Set<Connection>();

    readonly #arrived = this.#listener((connection, chunk: Buffer) => {
        this._onData(connection, chunk);
    });
    readonly #gone = this.#listener((connection) => {
        this._deliverHeld(connection);
        this._drop(connection);
    });
    readonly #failed = this.#listener((connection, error: NodeJS.ErrnoException) => {
        connection.error = error;
        const unusual = connection.state === "open" && !DEPARTURES.has(error.code);
        this._deliverHeld(connection);
        if (unusual) this._tellError(error, connection);
        this._drop(connection);
    });
    readonly #drained = this.#listener((connection) => {
        // Node tells this before it calls back those who have written, so that `buffered` would still count them.
        nextTick(() => {
            if (connection.state === "open" && !this._hasQueued(connection)) {
                emitSafely(this, "drain", ...this._about(connection));
            }
        });
    });

    /**
     * Whether a queue holds more for this connection.
     *
     * @internal
     */
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- for a client that overrides this
    protected _hasQueued(_connection: Connection): boolean {
        return false;
    }

    constructor(options: SockhopOptions) {
        super(options);
        this.#watch = new FrameTimeouts(this._connections, this._limits.frameTimeout, (connection) => {
            this._fault(connection, new SockhopError("A frame has not ended in time", "ERR_FRAME_TIMEOUT"));
        });
        this._responseTimeout = milliseconds("response_timeout", options.response_timeout, 30_000);
    }

    /**
     * Takes a socket into our care: from now on its errors and its end are noticed.
     *
     * @internal
     */
    protected _attach(socket: Socket): Connection {
        const connection = new Connection(socket, this);
        this._connections.add(connection);
        this.#watch.start();
        (socket as Partial<Socket>).setNoDelay?.(); // a Duplex that a client was given has none
        socket.on("close", this.#gone).on("error", this.#failed).on("drain", this.#drained);
        return connection;
    }

    /**
     * The connection is up: says so, and begins to read. Not before, so that `connect` precedes the first `receive`.
     *
     * @returns false when a subscriber of the diagnostics channel has ended it before
     * @internal
     */
    protected _onOpen(connection: Connection): boolean {
        publishConnect(connection);
        if (connection.state === "closed") return false;
        connection.state = "open";
        this._totals.opened();
        emitSafely(this, "connect", ...this._about(connection));
        this._read(connection);
        return true;
    }

    /** @internal */
    protected _read(connection: Connection): void {
        connection.socket.off("data", this.#arrived).on("data", this.#arrived);
    }

    /**
     * A listener for the sockets of all connections: one function for all, since closures would cost memory on each. What
     * sockets say that were given up is not heard.
     */
    #listener<A>(heard: (connection: Connection, what: A) => void): (what?: A) => void {
        const endpoint = this._self();
        return function (this: Socket, what?: A): void {
            const connection = connectionOf(this);
            if (connection?.endpoint === endpoint && connection.state !== "closed") heard(connection, what as A);
        };
    }

    /** @internal */
    _onPeerEnd(connection: Connection): void {
        // In the middle of a TLS handshake an error follows, which tells more.
        this._finish(connection);
        if (connection.state === "open") this._drop(connection);
    }

    /** @internal */
    _onSocketTaken(connection: Connection): void {
        this._drop(connection);
    }

    /**
     * The connection of a socket, if it is one of ours and has not gone.
     *
     * @internal
     */
    protected _connectionOf(socket: Socket): Connection | undefined {
        const connection = connectionOf(socket);
        return connection?.endpoint === this && connection.state !== "closed" ? connection : undefined;
    }

    /**
     * The one way out. What was sent still goes out; what arrives from now on is ignored.
     *
     * @param limit - milliseconds for what was sent
     * @internal
     */
    protected _drop(connection: Connection, limit = closeTimeout({})): void {
        if (connection.state === "closed") return;
        const opened = connection.state === "open";
        connection.state = "closed";
        connection.partialFrame = undefined; // who keeps the socket must not keep what has come in
        connection.pausedFrames?.release();
        connection.pausedFrames = undefined;
        this._connections.delete(connection);
        this.#leaving.add(connection);
        void connection.close(limit).then(() => {
            this.#leaving.delete(connection);
            this._totals.add(connection);
        });
        this._onClose(connection, opened);
        connection.endReply();
        if (this._connections.size > 0) return;
        this.#watch.stop();
        this._timers.removeEmpty();
    }

    /**
     * Ends a connection as the user wants it; without `drain` it has left when the call returns. Resolves when its
     * socket is gone.
     *
     * @internal
     */
    protected async _end(connection: Connection, options?: EndOptions | null): Promise<undefined> {
        let limit = closeTimeout(options);
        if (limit > 0 && options?.drain && connection.state === "open") {
            const start = now();
            await drained(connection, limit);
            limit = Math.max(1, limit - (now() - start)); // 0 would cut off what is flowing
        }
        this._drop(connection, limit);
        return connection.close(limit);
    }

    /**
     * As `_end`, also when the connection is being ended already; does nothing when it is gone.
     *
     * @internal
     */
    protected async _endOf(socket: Socket, options?: EndOptions | null): Promise<void> {
        const connection = connectionOf(socket);
        if (connection?.endpoint !== this) return;
        if (connection.state === "closed") await connection.close(closeTimeout(options));
        else await this._end(connection, options);
    }

    /**
     * Ends all connections. Resolves when they are gone, and those, too, that were being ended already.
     *
     * @internal
     */
    protected async _endAll(options?: EndOptions | null): Promise<undefined[]> {
        const leaving = [...this.#leaving].map((connection) => connection.close(closeTimeout(options)));
        const ended = [...this._connections].map((connection) => this._end(connection, options));
        await Promise.all(leaving);
        return Promise.all(ended);
    }

    /**
     * Drops a connection without letting anything more go out: the peer would not read it.
     *
     * @internal
     */
    protected override _destroyNow(connection: Connection): void {
        connection.socket.destroy();
        this._drop(connection);
    }

    /**
     * A connection is gone.
     *
     * @param opened - whether it has been announced by `connect`
     * @internal
     */
    protected _onClose(connection: Connection, opened: boolean): void {
        if (!opened) return;
        publishDisconnect(connection);
        this._emitDisconnect(connection);
    }

    /**
     * Says that a connection is gone.
     *
     * @internal
     */
    protected _emitDisconnect(connection: Connection): void {
        emitSafely(this, "disconnect", ...this._about(connection));
    }

    /** @internal */
    protected _stats(): Stats {
        return this._totals.with([...this._connections, ...this.#leaving]);
    }

    /** @internal */
    protected override _about(connection: Connection | null): unknown[] {
        return [connection ? connection.socket : null];
    }
}

/** Resolves when no answer is under way, or when the time has passed and none is flowing any more. */
function drained(connection: Connection, limit: number): Promise<void> {
    return new Promise((resolve) => {
        const timer = new GraceTimeout(limit, () => {
            if (!connection.transfers.wait(() => resolve())) resolve();
        });
        void connection.drain().then(() => {
            timer.clear();
            resolve();
        });
    });
}
