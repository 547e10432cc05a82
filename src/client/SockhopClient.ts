import type * as net from "node:net";
import type { Connection } from "../connection/Connection";
import { type EndOptions, closeOptions } from "../connection/GracefulClose";
import { addressOf } from "../connection/socketHooks";
import type { Stats } from "../diagnostics/Stats";
import type { OtherEvents } from "../endpoint/events";
import { givenOptions } from "../endpoint/givenOptions";
import type { Handler, HandlerContext } from "../endpoint/Handler";
import { MessageStream, type MessagesOptions } from "../endpoint/MessageStream";
import { codecRequired } from "../endpoint/options";
import { AutoReconnect } from "../mixins/AutoReconnect";
import { type FlushLimit, type FlushOptions, limitFlush } from "../mixins/FlushLimit";
import { Greetings } from "../mixins/Greetings";
import { Handshake } from "../mixins/Handshake";
import type { RequestOptions } from "../mixins/Requests";
import { Sockhop } from "../mixins/Sockhop";
import type {
    AnswerTo,
    CallbackOf,
    ClassesOf,
    Message,
    MessageNameOf,
    Protocol,
    ReceivedRequest,
    RequestData,
    RequestName,
    RequestNameOf,
} from "../Protocol";
import type { SockhopPing } from "../protocol/SockhopPing";
import type { SendOptions } from "../replies/PendingCallback";
import type { Reply } from "../replies/PendingReply";
import type { SockhopResponseReadableStream } from "../replies/responses/ResponseReadableStream";
import { CallSite } from "../runtime/CallSite";
import { now } from "../runtime/clock";
import { SockhopError, notConnectedError } from "../SockhopError";
import type { Pauses } from "../timers/backoff";
import { markHandled, withTimeout } from "../timers/promises";
import { addressOptions } from "../transport/Address";
import { targetOf } from "../transport/connectError";
import { tlsOptions } from "../transport/tls";
import { milliseconds } from "../validators";
import type { ClientMessage, ClientNamedEvents, ClientTypeEvents } from "./ClientEvents";
import type { ClientHost } from "./ClientHost";
import { type ClientOptions, queueOptions } from "./ClientOptions";
import type { ConnectAttempt } from "./connecting/ConnectAttempt";
import { Connector } from "./connecting/Connector";
import type { ConnectOptions } from "./connecting/ConnectWait";
import { Dialer } from "./connecting/Dialer";
import { type ServerList, serverList } from "./connecting/ServerList";
import { Outbox } from "./queue/Outbox";
import { LeavingConnections } from "./resume/LeavingConnections";
import { Resumer } from "./resume/Resumer";

const WithGreetings = Greetings(Sockhop); // above all that handle messages: it can hold them
const WithHandshake = Handshake(WithGreetings);

/** Response stream of the request with the type name `K`. */
type Answer<P, K> = SockhopResponseReadableStream<AnswerTo<P, "client", K>>;

/**
 * Connects to a server. `Sockhop.client` is the same class.
 *
 * It connects when `connect()` is called or `auto_reconnect` is set, and can connect again after `disconnect()`. Its events are
 * {@link ClientEvents}.
 *
 * @typeParam P - messages of both ends, a {@link Protocol}; without it they are not checked
 * @typeParam C - type of the option `classes`; inferred without type arguments
 * @example
 * ```js
 * const client = new Sockhop.client({ port: 50000 });
 * client.on("receive", (value, { type }) => console.log(type, value));
 * await client.connect();
 * ```
 */
export class SockhopClient<
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol messages are not checked
    P extends Protocol = any,
    out C extends ClassesOf<P> = ClassesOf<P>,
> extends AutoReconnect(WithHandshake)<ClientNamedEvents<P>, ClientTypeEvents<P, C>, OtherEvents<P>> {
    /**
     * Path of the Unix domain socket, or `null`. Each attempt to connect reads `path`, `address` and `port`. With the option
     * `servers` the client sets them to those of the current server.
     */
    path: string | null;
    address: string;
    port: number;
    /** @internal */
    protected _connectTimeout: number;
    readonly #reconnectInterval: number;
    readonly #reconnectCap: number;
    readonly #connector: Connector;
    readonly #resumer: Resumer;
    readonly #leaving: LeavingConnections;
    /** Sends messages. Has the connection and the attempt, which it looks at for each message. */
    readonly #outbox: Outbox;
    /** Promise of the last call of `connect()`. */
    #connecting: Promise<void> | undefined;
    /** Connection that `disconnect()` closes when its messages are sent, or its replies complete. */
    #ending: Connection | undefined;
    /** Loops over `messages()`. */
    readonly #streams = new Set<MessageStream>();

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an invalid option (`docs/errors.md`). */
    constructor(given?: ClientOptions<P, C> | null) {
        const options = givenOptions(given);
        super(options);
        ({ path: this.path, address: this.address, port: this.port } = addressOptions(options, false));
        this._connectTimeout = milliseconds("connect_timeout", options.connect_timeout, 5000);
        this.#reconnectInterval = milliseconds("auto_reconnect_interval", options.auto_reconnect_interval, 2000);
        this.#reconnectCap = milliseconds("auto_reconnect_max_interval", options.auto_reconnect_max_interval, 0);
        const host = this.#host(serverList(options, this));
        const tls = tlsOptions(options.ssl, options.ssl_options);
        const dialer = new Dialer(host, tls);
        this.#outbox = new Outbox(this, queueOptions(options.queue));
        const needsCodec = codecRequired(options.codec_required, this._objectBuffer.format !== undefined);
        this.#connector = new Connector(host, dialer, this.#outbox, needsCodec);
        this.#resumer = new Resumer(host, dialer, this.#connector);
        this.#leaving = new LeavingConnections(host, tls, this.#connector);
        if (options.auto_reconnect) this.auto_reconnect = true;
    }

    /**
     * Name of the codec that both ends have agreed on: the name of the option `codec`, and `"json"` before that, or if
     * the server does not have the option.
     */
    get codec(): string {
        return this._self().#connection?.codec ?? "json";
    }

    /** True while client and server have agreed to resume the connection if its socket is lost. See the option `resume`. */
    get resumable(): boolean {
        return this._self().#connection?.isResumable ?? false;
    }

    /** True while there is a connection: from before `connect` until before `disconnect`. */
    get connected(): boolean {
        return this._self().#connection?.state === "open";
    }

    /**
     * Socket of the connection, or of the attempt to connect: `undefined` before the first attempt, `null` after a connection or an
     * attempt has ended.
     *
     * If you assign a socket, the client reads from it and writes to it; `connected` stays false, and there is no `connect` event.
     * Such a connection is not resumed: see the option `resume`.
     * `null` closes the connection. A socket has one owner: the client or server that owned it closes its connection.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` if the value is not a socket
     */
    get socket(): net.Socket | null | undefined {
        return this._self().#connector.socket;
    }

    set socket(socket: net.Socket | null | undefined) {
        const self = this._self();
        if (self.#connector.replaceSocket(socket) && self.auto_reconnect) self._startReconnect();
    }

    /**
     * Newest pings of the connection, at most four. Empty after `ping()` and without a connection. To assign forgets them, as for
     * `[]` in 1.x.
     */
    get pings(): SockhopPing[] {
        return this._self().#connection?.pings?.pings ?? [];
    }

    set pings(_: SockhopPing[]) {
        this._self().#connection?.pings?.reset();
    }

    /** Number of bytes that are pending, those in the queue included. `drain` follows if there were many. */
    get buffered(): number {
        const self = this._self();
        return (self.#connection?.buffered ?? 0) + self.#outbox.queuedBytes;
    }

    /** Counters since the client was created. A new object each time. */
    get stats(): Stats {
        const self = this._self();
        const stats = self._stats();
        stats.buffered += self.#outbox.queuedBytes;
        stats.reconnects = self._totals.reopened;
        stats.round_trip = self.#connection?.pings?.roundTrip;
        return stats;
    }

    /**
     * Connects, or joins the attempt of `auto_reconnect`. Can be called again after a rejection. With `wait` it tries again
     * until it is connected. With `servers` it tries each of them once; the last error names them.
     *
     * Rejects with
     * - the error of Node that ended the attempt: `ECONNREFUSED`, `ENOENT`, `EACCES` …
     * - `ERR_CONNECT_TIMEOUT` after `connect_timeout` milliseconds; until then it tries again if the backlog of a Unix domain
     *   socket is full. Also after the `timeout` of this call
     * - `ERR_BAD_OPTION` for an invalid path, address or port, and for invalid options
     * - `ERR_CODEC`: see `codec_required`
     * - `ERR_MULTICONNECT` if an earlier call is pending, or `disconnect()` has not closed the connection yet
     * - `ERR_ABORTED` if `disconnect()` is called before it connects, or `signal` is aborted
     *
     * @returns resolves after the `connect` event, at once if the client is connected
     * @example await client.connect();
     * @example await client.connect({ wait: true, timeout: 60_000 });
     */
    // The default keeps `length` at 0, as in 1.x: a test runner passes a callback to a function with a parameter.
    connect(options: ConnectOptions | null = null): Promise<void> {
        const hasOptions = options !== null;
        const self = this._self();
        if (self.#ending) {
            const message = "disconnect() has been called, and has not closed the connection yet: await it";
            return Promise.reject(new SockhopError(message, "ERR_MULTICONNECT"));
        }
        if (this.connected && (!hasOptions || typeof options === "object")) return Promise.resolve();
        if (self.#connector.isCalled) {
            const message = "connect() has been called already, and is still pending: await it";
            return Promise.reject(new SockhopError(message, "ERR_MULTICONNECT"));
        }
        const site = new CallSite(self.connect); // eslint-disable-line @typescript-eslint/unbound-method -- not called
        self.#connecting = hasOptions ? self.#connectWith(options, site) : self.#connector.connect(site);
        return self.#connecting;
    }

    async #connectWith(options: ConnectOptions, site: CallSite): Promise<void> {
        const connected = this.#connector.wait(options, site, () => {
            if (!this.auto_reconnect) this._stopAttempts();
        });
        this._startAttempts();
        return connected;
    }

    /**
     * Closes the connection gracefully, or aborts the attempt to connect, and turns pings and `auto_reconnect` off. Queued messages
     * are rejected with `ERR_ABORTED`. With `resume`, waits within its time until the server has acknowledged all.
     *
     * When the call returns, `connected` is false and `disconnect` was emitted; later with `drain`, and while messages wait for
     * the codec of the connection (at most 2 s). May be called at any time, and again with a shorter timeout. Rejects with
     * `ERR_BAD_OPTION` only.
     *
     * @returns resolves when the socket is closed
     */
    async disconnect(options: EndOptions | null = null): Promise<void> {
        const self = this._self();
        const { timeout, drain } = closeOptions(options); // throws before anything has happened
        // A program that ends its own call need not handle that, as in 1.x.
        if (self.#connector.isCalled && self.#connecting) void markHandled(self.#connecting);
        self.#connector.endWait();
        self.auto_reconnect = false;
        self.ping(0);
        self.#connector.abort();
        const connection = (self.#ending = self.#connection);
        const start = now();
        const sent = self.#sendWaiting(timeout);
        if (sent) await sent;
        const isLost = self.#connection !== connection;
        if (isLost && (self.#connection ?? self.#attempt)) return; // the program connects again
        if (connection?.isInterrupted && timeout > 0) self.#outbox.flush(connection, true);
        self.#outbox.clear(new SockhopError("disconnect() was called", "ERR_ABORTED"));
        const streams = [...self.#streams];
        await self._closeAll({ timeout: sent ? Math.max(1, timeout - (now() - start)) : timeout, drain });
        for (const stream of streams) stream.end(); // those that had no connection
    }

    /**
     * Waits until the server has received everything that was sent before: its library has, not yet its handlers.
     *
     * With `resume` at both ends, the server has acknowledged it, and an interruption only delays that. Otherwise the server
     * has replied to a ping that follows the messages, which sockhop of any version does.
     *
     * Rejects with
     * - `ERR_SOCKET_DESTROYED` without a connection, or if it closes first (that rejection needs no handler)
     * - `ERR_FLUSH_TIMEOUT` after `timeout`, `ERR_ABORTED` when `signal` is aborted. What was sent stays on its way
     * - `ERR_REQUEST_TYPE` if the peer is `"json"`, `ERR_BAD_OPTION` for invalid options
     *
     * @example
     * ```js
     * for (const record of records) client.send(record);
     * await client.flush();
     * ```
     */
    // The default keeps `length` at 0, as without options.
    flush(options: FlushOptions | null = null): Promise<void> {
        const self = this._self();
        const isConnected = self.#connection !== undefined;
        // eslint-disable-next-line @typescript-eslint/unbound-method -- not called
        const flushed = limitFlush(options, self.flush, (limit) => markHandled(self.#flush(limit)));
        return isConnected ? markHandled(flushed) : flushed;
    }

    async #flush(limit?: FlushLimit): Promise<void> {
        const self = this._self();
        let failure: unknown;
        if (self.#attempt) await self.#attempt.promise.catch((error: unknown) => (failure = error));
        const connection = self.#connection;
        if (!connection) throw notConnectedError(failure, "The client is not connected: await connect() first");
        if (self._isAgreeing(connection)) await self._agreed(connection);
        // At once if possible: the program may close the connection in this tick, which sends the queue first.
        if (!self.#outbox.isSendingTo(connection)) return self._flush(connection, limit);
        return new Promise((resolve, reject) => {
            const forget = self.#outbox.onSent(() => {
                self._flush(connection, limit).then(resolve, reject);
            });
            limit?.endWith((error) => {
                forget?.();
                reject(error);
            });
        });
    }

    /** The same as `disconnect()`. */
    [Symbol.asyncDispose](): Promise<void> {
        return this.disconnect();
    }

    /**
     * Sends a value: anything that JSON can express, `null` included. The server receives it with the name of its class.
     *
     * Rejects with
     * - `ERR_SOCKET_DESTROYED` without a connection, or if it breaks before the system has all bytes. (One turn of the event loop
     *   after `connect()` there is a socket, which buffers messages until it is connected.)
     * - `ERR_BAD_DATA` for a value that JSON cannot express: `undefined`, functions, symbols, BigInt, cycles
     * - `ERR_MESSAGE_TOO_LARGE`, `ERR_BUFFER_FULL`, `ERR_MAX_PENDING`: see `max_message_size`, `slow_consumer`,
     *   `max_pending` of {@link ClientOptions}
     * - `ERR_QUEUE_FULL`, `ERR_QUEUE_EXPIRED`, `ERR_ABORTED` with the option `queue`, which keeps it until there is a connection
     * - `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is not an object, to a peer of type `"json"`, without `allow_non_objects`
     *
     * @param callback - called once with the reply, and its `{ type }`
     * @param options - type of the message; timeout, signal and error callback of the reply
     * @returns resolves when the system has the bytes; the peer may not have read them. Await it for backpressure
     * @throws {@link SockhopError} `ERR_REMOTE_CALLBACK_TYPE` if `callback` is not a function, or the peer is `"json"`
     * @example
     * ```js
     * await client.send(new Widget());
     * await client.send("ping", (reply) => console.log(reply), { timeout: 1000 });
     * ```
     */
    send<V extends Message<P, "client">, K extends MessageNameOf<P, "client", V> = MessageNameOf<P, "client", V>>(
        value: V,
        callback?: CallbackOf<P, "client", K> | null,
        options?: SendOptions<K> | null,
    ): Promise<void> {
        const self = this._self();
        return self._send(self.#outbox, value, callback, options ?? undefined);
    }

    /**
     * Sends a request. The `request` handler of the server responds.
     *
     * Rejects as `send()` does, and with
     * - `ERR_REQUEST_TYPE` if the peer is `"json"`
     * - `ERR_ABORTED`, `ERR_RESPONSE_TIMEOUT` if it is aborted before the system has the bytes
     *
     * Later errors end the stream: see {@link SockhopResponseReadableStream}. Peers before 1.8 do not know requests and never
     * respond. `undefined` is sent as `{}`.
     *
     * @returns resolves to the stream of the response when the system has the bytes
     * @example
     * ```js
     * for await (const { data } of await client.request("count")) console.log(data);
     * ```
     */
    request<
        V extends RequestData<P, "client">,
        K extends RequestNameOf<P, "client", V> = RequestNameOf<P, "client", V>,
    >(value?: V, options?: RequestOptions<K> | null): Promise<Answer<P, K>> {
        const self = this._self();
        return self._request(self.#outbox, value, options ?? undefined) as Promise<Answer<P, K>>;
    }

    /**
     * Sends a request. Rejects as `request()` does, and as `next()` of the stream does.
     *
     * @returns resolves to the response: the data of its first packet
     * @example
     * ```js
     * const sum = await client.ask([2, 3], { timeout: 1000 });
     * ```
     */
    ask<V extends RequestData<P, "client">, K extends RequestNameOf<P, "client", V> = RequestNameOf<P, "client", V>>(
        value?: V,
        options?: RequestOptions<K> | null,
    ): Promise<AnswerTo<P, "client", K>> {
        const self = this._self();
        return self._ask(self.#outbox, value, options ?? undefined) as Promise<AnswerTo<P, "client", K>>;
    }

    /**
     * Sets the handler for requests of one type. Its result is the response: a value, or an async iterable, each value of
     * which is one packet. `undefined` is sent as `{}`.
     *
     * If it fails, the requester gets `ERR_REQUEST_FAILED`, with message, `code` and `data` of the error in `error.remote`, and
     * the client emits `error`; without a listener it emits one process warning per type. Requests of this type are not emitted
     * as `request` events. `unhandle(type)` removes the handler.
     *
     * @throws {@link SockhopError} `ERR_HANDLER_EXISTS` if the type has a handler, `ERR_BAD_OPTION` if `type` is not a name or
     *   `handler` not a function
     * @example client.handle("Sum", (numbers) => numbers.reduce((a, b) => a + b));
     */
    handle<K extends RequestName<P, "server">>(
        type: K,
        handler: Handler<P, "server", K, HandlerContext<K>, ReceivedRequest<P, "server", K, C>>,
    ): void {
        this._self()._handle(type, handler);
    }

    /**
     * Returns the received messages for a `for await` loop. Each is one object, so `type` narrows `value`; `callback` is there if
     * the peer wants a reply. Handlers of `receive` get the messages, too.
     *
     * Messages from the call on are kept until the loop reads them. While more than 100 wait, the client does not read from its connection:
     * `ping()` can drop a connection then. Replies and responses wait, too, so do not await `ask()` in the loop: it times out if
     * more than 100 wait. The loop ends after `break`, when `signal` is aborted, and when the connection closes: by
     * `disconnect()`, or in another way without `auto_reconnect`.
     *
     * @throws {@link SockhopError} `ERR_BAD_OPTION` if `signal` is not an AbortSignal
     * @example
     * ```ts
     * for await (const message of client.messages()) {
     *     if (message.type === "Say") console.log(message.value?.text);
     * }
     * ```
     */
    messages(options?: MessagesOptions | null): AsyncIterableIterator<ClientMessage<P>> {
        const self = this._self();
        const source = {
            emitter: self,
            streams: self.#streams,
            socketOf: () => self.#connector.socket,
        };
        return new MessageStream<ClientMessage<P>>(source, options ?? {});
    }

    /**
     * Local IP address; `undefined` for a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` without a socket
     */
    get_bound_address(): string | undefined {
        if (!this.socket) throw new SockhopError("The client has no socket", "ERR_NO_SOCKET");
        return addressOf(this.socket);
    }

    get #connection(): Connection | undefined {
        return this.#outbox.connection;
    }

    get #attempt(): ConnectAttempt | undefined {
        return this.#outbox.attempt;
    }

    /** @internal */
    override _peerName(socket: net.Socket): string {
        return this.#resumer.targetOf(socket) ?? targetOf(this);
    }

    // AutoReconnect needs the next six.
    /** @internal */
    protected get _reconnectDelay(): Pauses {
        return { interval: this.#reconnectInterval, cap: this.#reconnectCap };
    }

    /** @internal */
    protected _startReconnect(): void {
        if (this.connected || this.#attempt) return;
        void this.#connector.start();
        // As in 1.x: a subclass that introduces itself in `connect()` does so for every connection.
        if (hasOwnConnect(this)) void markHandled(this.#callConnect());
    }

    /** Calls the `connect()` of the program, which joins this attempt, unless it has done so. Its errors are ignored. */
    async #callConnect(): Promise<void> {
        const attempt = this.#attempt;
        await Promise.resolve();
        if (this.#attempt === attempt && !this.#connector.isCalled) await this.connect();
    }

    /** @internal */
    protected _onLost(connection: Connection, hasLasted: boolean): boolean {
        return this.#connector.moveOn(connection, hasLasted);
    }

    /** @internal */
    protected _abortReconnect(): void {
        this.#connector.abortAutomatic();
        if (this.#connector.socket === null) this.#endStreams(); // the connection is lost, and no other follows
    }

    /** @internal */
    protected get _isWaiting(): boolean {
        return this.#connector.isWaiting;
    }

    /** @internal */
    protected get _connecting(): boolean {
        return this.#attempt !== undefined || this.#resumer.isActive;
    }

    /** @internal */
    protected _onInterrupted(connection: Connection): void {
        if (connection.isLeaving) {
            this.#leaving.start(connection);
            return;
        }
        if (connection !== this.#connection) {
            this._notResumed(connection, "as the program has replaced its socket");
            return;
        }
        this.#resumer.start(connection);
        this.#outbox.onInterrupted(connection);
    }

    /** @internal */
    protected override _mayLeave(): boolean {
        return true;
    }

    /** @internal */
    protected _onResumed(connection: Connection): void {
        if (connection.isLeaving) {
            this.#leaving.onResumed(connection);
            return;
        }
        this.#connector.socket = connection.socket;
        this.#resumer.onResumed();
    }

    /** @internal */
    protected _onReplayed(connection: Connection): void {
        if (connection === this.#connection) this.#outbox.flush(connection);
    }

    /** @internal */
    protected override _onClose(connection: Connection, wasOpen: boolean): void {
        if (this.#connection === connection) {
            this.#ending = undefined;
            this.#outbox.onClose(connection);
            if (connection.isLeaving) this.#leaving.add(connection, this.#resumer.home);
            this.#resumer.stop();
        }
        this.#resumer.onClose(connection);
        this.#leaving.onClose(connection);
        this.#connector.onClose(connection);
        super._onClose(connection, wasOpen);
        if (this.#connector.socket === connection.socket) this.#connector.socket = null;
        const goesOn = this.auto_reconnect || this._isWaiting || this.#attempt?.connection === connection;
        if (!this.#connector.socket && !goesOn) this.#endStreams();
    }

    /** @internal */
    protected override _onOpen(connection: Connection): boolean {
        const opened = this.#outbox.open(() => super._onOpen(connection));
        // After the handlers of `connect`, where programs introduce themselves.
        if (opened && !this._isAgreeing(connection)) this.#outbox.flush(connection);
        return opened;
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
        return this.#outbox.isSendingTo(connection);
    }

    /** Members of the client, for the classes that connect it. */
    #host(servers: ServerList | undefined): ClientHost {
        // eslint-disable-next-line @typescript-eslint/no-this-alias -- of the getters
        const client = this;
        return {
            target: client,
            servers,
            codecName: client._objectBuffer.format?.name,
            greets: client._greets,
            reconnectDelay: client._reconnectDelay,
            get reconnects() {
                return client.auto_reconnect || client._isWaiting;
            },
            get servername() {
                return servers?.current.servername;
            },
            get connectTimeout() {
                return client._connectTimeout;
            },
            greet: (...args) => client._greet(...args),
            isAgreeing: (connection) => client._isAgreeing(connection),
            attach: (socket) => client._attach(socket),
            read: (connection) => client._read(connection),
            onData: (connection, chunk, length) => client._onData(connection, chunk, length),
            onOpen: (connection) => client._onOpen(connection),
            onClose: (connection) => client._onClose(connection, false),
            close: (connection, reason) => client._close(connection, reason),
            notResumed: (connection, why) => client._notResumed(connection, why),
            destroy: (connection) => client._destroy(connection, { code: "CLOSED" }),
        };
    }

    /** Waits until messages are sent that wait for the codec of the connection. */
    #sendWaiting(timeout: number): Promise<void> | undefined {
        const connection = this.#connection;
        if (!connection || timeout === 0 || !this._isAgreeing(connection)) return undefined;
        const error = new SockhopError("timeout of disconnect()", "ERR_ABORTED");
        return withTimeout(this._agreed(connection), timeout, error).catch(() => undefined);
    }

    #endStreams(): void {
        for (const stream of [...this.#streams]) stream.end();
    }
}

// Not in the class: a class that uses its own name loses it in the build.
function hasOwnConnect(client: SockhopClient): boolean {
    return client.connect !== SockhopClient.prototype.connect; // eslint-disable-line @typescript-eslint/unbound-method -- not called
}
