import type { ClientEvents } from "./ClientEvents";
import { addressOptions } from "../transport/Address";
import { tlsOptions } from "../transport/tls";
import { type ClientOptions, queueOptions } from "./ClientOptions";
import type { RemoteCallback, PendingReply, Reply } from "../replies/PendingReply";
import { milliseconds } from "../validators";
import type * as net from "node:net";
import type tls from "node:tls";
import { Sockhop } from "../mixins/Sockhop";
import { SockhopError, notConnectedError } from "../SockhopError";
import { ConnectAttempt } from "./ConnectAttempt";
import { CallSite } from "../runtime/CallSite";
import { OfflineQueue } from "./OfflineQueue";
import type { CallbackOptions } from "../replies/PendingCallback";
import type { SockhopResponseReadableStream } from "../replies/ResponseReadableStream";
import type { Stats } from "../diagnostics/Stats";
import { explain, isBacklogFull } from "../transport/connectError";
import { addressOf, isSocket } from "../connection/socketHooks";
import { type Connection, NOT_CONNECTED, type Sender, connectionOf } from "../connection/Connection";
import type { Frame } from "../codec/Codec";
import { dial } from "../transport/dial";
import { type EndOptions, closeTimeout } from "../connection/GracefulClose";
import { warnUnknownOptions } from "../endpoint/unknownOptions";
import { AutoReconnect, type Pauses } from "../mixins/AutoReconnect";
import type { RequestOptions } from "../mixins/Requests";
import type { AnswerTo, Message, Protocol, ReplyTo, RequestData } from "../Protocol";
import type { SockhopPing } from "../protocol/SockhopPing";

/** The answer to the request `V`. */
type Answer<P, V> = SockhopResponseReadableStream<AnswerTo<P, "client", V>>;

/**
 * The end that connects.
 *
 * Nothing is opened until `connect()` is called or `auto_reconnect` is set. It can be connected again after it was
 * disconnected. See {@link ClientEvents} for what it emits.
 *
 * @typeParam P - what the two ends say to each other, a {@link Protocol}; without it everything is loose
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol everything is loose
export class SockhopClient<P extends Protocol = any> extends AutoReconnect(Sockhop)<ClientEvents<P>> {
    /** Path of the Unix domain socket, or `null`. This, address and port are read at each attempt to connect. */
    path: string | null;
    address: string;
    port: number;
    /** @internal */
    protected _connectTimeout: number;
    readonly #reconnectInterval: number;
    readonly #reconnectCap: number;
    readonly #tls: tls.ConnectionOptions | undefined;
    readonly #queue: OfflineQueue | undefined;
    readonly #sender: Sender;
    #attempt: ConnectAttempt | undefined;
    /** Messages that have waited for the attempt that has led to the connection. */
    #attemptQueue: OfflineQueue | undefined;
    #socket: net.Socket | null | undefined;
    /** Of this socket, until it is dropped. (Looked up for each message it took 0.02 of 0.66 µs.) */
    #connection: Connection | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an option that makes no sense, see `docs/errors.md`. */
    constructor(given?: ClientOptions | null) {
        const options = given ?? {};
        super(options);
        warnUnknownOptions(options);
        ({ path: this.path, address: this.address, port: this.port } = addressOptions(options, false));
        this._connectTimeout = milliseconds("connect_timeout", options.connect_timeout, 5000);
        this.#reconnectInterval = milliseconds("auto_reconnect_interval", options.auto_reconnect_interval, 2000);
        this.#reconnectCap = milliseconds("auto_reconnect_max_interval", options.auto_reconnect_max_interval, 0);
        this.#tls = tlsOptions(options.ssl, options.ssl_options);
        const queue = queueOptions(options.queue);
        if (queue) this.#queue = new OfflineQueue(queue);
        this.#sender = this.#createSender();
        if (options.auto_reconnect) this.auto_reconnect = true;
    }

    /** Whether there is a connection: true from just before `connect` until just before `disconnect`. */
    get connected(): boolean {
        return this._self().#connection?.state === "open";
    }

    /**
     * The socket of the connection, or of the attempt at one: `undefined` before the first attempt, `null` when a
     * connection or an attempt has ended.
     *
     * Assigning a socket of your own makes the client read from it and write to it instead; `connected` stays false and
     * there is no `connect` event. Assigning `null` ends the connection. A socket has one owner: the client or server
     * that had it before loses its connection.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` when the value is no socket
     */
    get socket(): net.Socket | null | undefined {
        return this._self().#socket;
    }

    set socket(socket: net.Socket | null | undefined) {
        this._self().#adopt(socket);
    }

    /** The newest pings of this connection, at most four. Emptied by `ping()` and when the connection ends. */
    get pings(): SockhopPing[] {
        return this._self().#connection?.pings?.pings ?? [];
    }

    /** Bytes that wait to be sent, also those in the queue. When there were many, the event `drain` follows. */
    get buffered(): number {
        const self = this._self();
        return (self.#connection?.buffered ?? 0) + (self.#queue?.bytes ?? 0);
    }

    /** What it has done so far. A new object each time. */
    get stats(): Stats {
        const self = this._self();
        const stats = self._stats();
        stats.buffered += self.#queue?.bytes ?? 0;
        stats.reconnects = self._totals.reopened;
        stats.round_trip = self.#connection?.pings?.roundTrip;
        return stats;
    }

    /**
     * Connects. Resolves after the `connect` event, at once when connected already. It joins an attempt that
     * `auto_reconnect` has under way. After a rejection it can be called again.
     *
     * Rejects with
     * - the error of Node that ended the attempt, as it is: `ECONNREFUSED`, `ENOENT`, `EACCES` …
     * - `ERR_CONNECT_TIMEOUT` after `connect_timeout` milliseconds. Until then it tries again where the backlog of a Unix
     *   domain socket is full
     * - `ERR_BAD_OPTION` for a path, address or port that is none
     * - `ERR_MULTICONNECT` when an earlier call has not settled yet
     * - `ERR_ABORTED` when `disconnect()` is called meanwhile
     */
    connect(): Promise<void> {
        if (this.connected) return Promise.resolve();
        const self = this._self();
        if (self.#attempt?.site) {
            return Promise.reject(new SockhopError("connect() has been called already", "ERR_MULTICONNECT"));
        }
        const site = new CallSite(self.connect); // eslint-disable-line @typescript-eslint/unbound-method -- not called
        if (!self.#attempt) return self.#dial(site);
        self.#attempt.site = site;
        return self.#attempt.promise.then();
    }

    /**
     * Ends the connection, or the attempt at one, and turns pings and `auto_reconnect` off. What waits in the queue is
     * given up (`ERR_ABORTED`).
     *
     * When the call returns, `connected` is false and `disconnect` has been emitted (unless it has to `drain`). What was
     * sent before still goes out. Resolves when the socket is gone. Never rejects (but for `ERR_BAD_OPTION`); may be
     * called at any time, also again with less time.
     */
    async disconnect(options?: EndOptions | null): Promise<void> {
        const self = this._self();
        closeTimeout(options ?? {}); // throws before anything has happened
        self.auto_reconnect = false;
        self.ping(0);
        self.#abort();
        self.#queue?.clear(new SockhopError("disconnect() was called", "ERR_ABORTED"));
        await self._closeAll(options ?? {});
    }

    /** The same as `disconnect()`. */
    [Symbol.asyncDispose](): Promise<void> {
        return this.disconnect();
    }

    /**
     * Sends a value: anything that JSON can express, also `null`. The peer gets it with the name of its class.
     *
     * Resolves when the system has the bytes, which says nothing about the peer; awaiting it paces. Rejects with
     * - `ERR_SOCKET_DESTROYED` without a connection, or when it breaks before the system has all bytes. (From the turn
     *   after `connect()` on there is a socket, and a message waits for it to be connected.)
     * - `ERR_BAD_DATA` for what JSON cannot express: `undefined`, functions, symbols, BigInt, cycles
     * - `ERR_MESSAGE_TOO_LARGE`, `ERR_BUFFER_FULL`, `ERR_MAX_PENDING`: see `max_message_size`, `slow_consumer`,
     *   `max_pending` of {@link ClientOptions}
     * - `ERR_QUEUE_FULL`, `ERR_QUEUE_EXPIRED`, `ERR_ABORTED` with the option `queue`: it then waits for a connection
     * - `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is no object, to a peer of type `"json"`, without
     *   `allow_non_objects`
     *
     * @param value - what to send
     * @param callback - called once with the answer, if one comes, and its `{ type }`
     * @param options - how long to wait for the answer, and whom to tell that it will not come
     * @throws {@link SockhopError} `ERR_REMOTE_CALLBACK_TYPE` when `callback` is no function, or the peer is `"json"`
     */
    send<V extends Message<P, "client">>(
        value: V,
        callback?: RemoteCallback<ReplyTo<P, "client", V>> | null,
        options?: CallbackOptions | null,
    ): Promise<void> {
        const self = this._self();
        return self._send(self.#sender, value, callback, options ?? undefined);
    }

    /**
     * Sends a request, and resolves to the stream of its answer when the system has the bytes. The peer's `request`
     * handler answers.
     *
     * Rejects as `send()` does, and with
     * - `ERR_REQUEST_TYPE` when the peer is `"json"`
     * - `ERR_ABORTED`, `ERR_RESPONSE_TIMEOUT` when it is given up before the system has the bytes
     *
     * What goes wrong afterwards ends the stream; see {@link SockhopResponseReadableStream}. Peers before 1.8 do not
     * know requests and never answer. `undefined` is sent as `{}`.
     */
    request<V extends RequestData<P, "client">>(value?: V, options?: RequestOptions | null): Promise<Answer<P, V>> {
        const self = this._self();
        return self._request(self.#sender, value, options ?? undefined) as Promise<Answer<P, V>>;
    }

    /**
     * Sends a request, and resolves to its answer: the data of the first packet. Rejects as `request()` does, and as
     * `next()` of the stream does.
     */
    ask<V extends RequestData<P, "client">>(
        value?: V,
        options?: RequestOptions | null,
    ): Promise<AnswerTo<P, "client", V>> {
        const self = this._self();
        return self._ask(self.#sender, value, options ?? undefined) as Promise<AnswerTo<P, "client", V>>;
    }

    /**
     * The local IP address; `undefined` on a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` without a socket
     */
    get_bound_address(): string | undefined {
        if (!this.socket) throw new SockhopError("The client has no socket", "ERR_NO_SOCKET");
        return addressOf(this.socket);
    }

    // The next three are what AutoReconnect asks for.
    /** @internal */
    protected get _reconnectDelay(): Pauses {
        return { interval: this.#reconnectInterval, cap: this.#reconnectCap };
    }

    /** @internal */
    protected _startReconnect(): void {
        if (!this.connected && !this.#attempt) void this.#dial();
    }

    /** @internal */
    protected _abortReconnect(): void {
        if (this.#attempt && !this.#attempt.site) this.#abort();
    }

    /** @internal */
    protected get _connecting(): boolean {
        return this.#attempt !== undefined;
    }

    /** @internal */
    protected override _onClose(connection: Connection, wasOpen: boolean): void {
        const attempt = this.#attempt;
        if (this.#connection === connection) {
            this.#connection = undefined;
            this.#attemptQueue?.clear(notConnectedError(connection.error));
            this.#attemptQueue = undefined;
        }
        if (attempt?.connection === connection) {
            if (isBacklogFull(connection.error)) attempt.retry();
            else this.#failed(attempt, connection);
        }
        super._onClose(connection, wasOpen);
        if (this.#socket === connection.socket) this.#socket = null;
    }

    #failed(attempt: ConnectAttempt, connection: Connection): void {
        const error = connection.error ?? new SockhopError("The socket was closed", "ERR_ABORTED");
        explain(error, this);
        this.#attempt = undefined;
        attempt.fail(error);
    }

    /** @internal */
    protected override _onOpen(connection: Connection): boolean {
        const opened = super._onOpen(connection);
        // After the handlers of `connect`, where programs introduce themselves.
        if (connection.state === "open") (this.#queue ?? this.#attemptQueue)?.flush(connection);
        return opened;
    }

    /** Sends over the connection, or queues. Chosen for each frame: `toJSON()` of its value may have closed the connection. */
    #transmit(frame: Frame, reply?: PendingReply): Promise<undefined> {
        const connection = this.#connection;
        const queue = this.#queue ?? this.#attempt?.queue ?? this.#attemptQueue;
        if (queue && (!connection || this.#mustQueue(queue, connection))) return queue.push(frame, reply);
        return (connection ?? NOT_CONNECTED).send(frame, reply);
    }

    /** @internal */
    protected override _receiveMeta(_connection: Connection, type: string, reply: Reply | undefined): object {
        return reply ? { type, callback: reply } : { type };
    }

    /** @internal */
    protected _requestArgs(): unknown[] {
        return [];
    }

    /** @internal */
    protected override _hasQueued(connection: Connection): boolean {
        return this.#queue?.isSendingTo(connection) === true;
    }

    #createSender(): Sender {
        const client = this._self();
        return {
            get socket() {
                return client.#connection?.socket;
            },
            send: (frame, reply) => client.#transmit(frame, reply),
        };
    }

    /** True if a frame has to wait in the queue. */
    #mustQueue(queue: OfflineQueue, connection: Connection): boolean {
        const { socket } = connection;
        return this.#attempt?.connection === connection || !socket.writable || queue.isSendingTo(connection);
    }

    /** @param site - the call that waits for it */
    #dial(site?: CallSite): Promise<void> {
        const attempt = new ConnectAttempt(site, () => {
            this.#begin(attempt);
        });
        this.#attempt = attempt;
        return attempt.promise;
    }

    #begin(attempt: ConnectAttempt): void {
        const connected = (): void => {
            if (this.#attempt !== attempt) return;
            this.#attempt = undefined;
            this.#attemptQueue = attempt.queue;
            if (this._onOpen(connection)) attempt.succeed();
            else attempt.fail(new SockhopError("The connection was ended when it had just been made", "ERR_ABORTED"));
        };
        const arrived = (chunk: Buffer, length: number): void => {
            this._onData(connection, chunk, length);
        };
        const connection = this.#use(dial(this, this.#tls, connected, arrived));
        attempt.connection = connection;
        attempt.limit(this._connectTimeout, () => {
            this.#expired(attempt);
        });
    }

    #expired(attempt: ConnectAttempt): void {
        const connection = attempt.connection as Connection;
        const cause = connection.error; // of an earlier socket, between two
        connection.error = new SockhopError("Timeout exceeded on connect()", "ERR_CONNECT_TIMEOUT", { cause });
        if (connection.state === "closed") this._onClose(connection, false);
        else this._destroy(connection);
    }

    #adopt(socket: net.Socket | null | undefined): void {
        if (socket && !isSocket(socket)) throw new SockhopError("This is not a socket", "ERR_NO_SOCKET");
        if (socket && socket === this.#socket) return;
        // An attempt that has no socket yet, or is between two: the end of a socket leads to the next attempt.
        const isIdle = this.#attempt !== undefined && this.#attempt.connection?.state !== "pending";
        this.#abort();
        if (!socket) {
            this.#leave();
            if (isIdle && this.auto_reconnect) this._startReconnect();
            return;
        }
        const former = connectionOf(socket);
        const connection = this.#use(socket);
        if (former && former.state !== "closed") former.endpoint._onSocketTaken(former);
        if (socket.closed)
            void this._close(connection); // it will not say so again
        else this._read(connection);
    }

    /** Makes this the socket that we speak over. */
    #use(socket: net.Socket): Connection {
        this.#leave();
        this.#socket = socket;
        return (this.#connection = this._attach(socket));
    }

    #leave(): void {
        if (this.#connection) void this._close(this.#connection);
    }

    #abort(): void {
        const attempt = this.#attempt;
        if (!attempt) return;
        this.#attempt = undefined;
        attempt.fail(new SockhopError("disconnect() was called during connect()", "ERR_ABORTED"));
        if (attempt.connection) this._destroy(attempt.connection);
    }
}
