import type * as net from "node:net";
import type { Cluster } from "../cluster/Cluster";
import { type ClusterSettings, clusterSettings } from "../cluster/ClusterOptions";
import { type Connection, connectionOf } from "../connection/Connection";
import { type EndOptions, closeOptions } from "../connection/GracefulClose";
import { isSocket } from "../connection/socketHooks";
import type { Stats } from "../diagnostics/Stats";
import { warn } from "../diagnostics/warning";
import type { TypedEmitter } from "../emitter/TypedEmitter";
import type { OtherEvents } from "../endpoint/events";
import { givenOptions } from "../endpoint/givenOptions";
import type { Handler } from "../endpoint/Handler";
import { MessageStream, type MessagesOptions } from "../endpoint/MessageStream";
import { type Answering, Answers } from "../mixins/Answers";
import { Groups, type Grouping, groupName } from "../mixins/Groups";
import { Handshake } from "../mixins/Handshake";
import type { Constructor } from "../mixins/mixin";
import type { RequestOptions } from "../mixins/Requests";
import { Sessions } from "../mixins/Sessions";
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
import { type CallbackOptions, type SendOptions, callFailed, failedOf } from "../replies/PendingCallback";
import type { Reply } from "../replies/PendingReply";
import type { SockhopResponseReadableStream } from "../replies/responses/ResponseReadableStream";
import { CallSite } from "../runtime/CallSite";
import { setImmediate } from "../runtime/clock";
import { SockhopError, notConnectedError } from "../SockhopError";
import { markHandled } from "../timers/promises";
import { addressOptions } from "../transport/Address";
import { Listener, type ListenerOptions } from "../transport/Listener";
import { reusePort } from "../transport/reusePort";
import { hasCertificate, tlsOptions } from "../transport/tls";
import { milliseconds } from "../validators";
import { Accepting, type AcceptingMembers } from "./Accepting";
import type { BroadcastOptions } from "./broadcasts/BroadcastOptions";
import { Broadcasts } from "./broadcasts/Broadcasts";
import type { Presence } from "./cluster/Presence";
import { RemoteSession } from "./cluster/RemoteSession";
import { type ClusteredServer, ServerCluster } from "./cluster/ServerCluster";
import type { SessionDirectory } from "./cluster/SessionDirectory";
import { Group } from "./Group";
import type { ServerHandlerContext, ServerMessage, ServerNamedEvents, ServerTypeEvents } from "./ServerEvents";
import { type ServerOptions, listenArgumentError, permissions, sessionType } from "./ServerOptions";
import { type Sessioned, SockhopSession } from "./SockhopSession";

const WithHandshake = Handshake(Answers(Sockhop)); // above all that handle messages
const WithAccepting = Accepting(Sessions(WithHandshake));

/** Response stream of the request with the type name `K`. */
type Answer<P, K> = SockhopResponseReadableStream<AnswerTo<P, "server", K>>;

/**
 * Listens, and keeps one session for each client. `Sockhop.server` is the same class.
 *
 * `listen()` starts it, `close()` stops it, and it can listen again. Its events are {@link ServerEvents}.
 *
 * @typeParam P - messages of both ends, a {@link Protocol}; without it they are not checked
 * @typeParam S - sessions: the class that is given as `session_type`, which must be there; inferred without type arguments
 * @typeParam C - type of the option `classes`; inferred without type arguments
 * @example
 * ```js
 * const server = new Sockhop.server({ port: 50000 });
 * server.on("receive", (value, { type, session }) => session.send(`got a ${type}`));
 * await server.listen();
 * ```
 */
export class SockhopServer<
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol messages are not checked
    P extends Protocol = any,
    out S extends SockhopSession<P> = SockhopSession<P>,
    out C extends ClassesOf<P> = ClassesOf<P>,
> extends (Groups(WithAccepting) as typeof Sockhop &
    Constructor<Answering> &
    Constructor<Sessioned> &
    Constructor<Grouping> &
    Constructor<AcceptingMembers>)<ServerNamedEvents<P, S>, ServerTypeEvents<P, S, C>, OtherEvents<P>> {
    /** Path of the Unix domain socket, or `null`. `listen()` reads `path`, `address` and `port`. */
    path: string | null;
    address: string;
    port: number;
    /** Sessions of all connections, in the order of `sockets`. A new array each time. */
    declare readonly sessions: S[]; // only its type: Sessions has the getter
    #listener: Listener;
    /** Loops over `messages()`. */
    readonly #streams = new Set<MessageStream>();
    /** Settles when the listeners are closed for which `close()` was called. */
    #closed: Promise<unknown> = Promise.resolve();
    readonly #listening: ListenerOptions;
    /**
     * Sends to several connections: values of the program, and those of other servers.
     *
     * @internal
     */
    readonly _broadcasts = new Broadcasts({
        objectBuffer: this._objectBuffer,
        cluster: () => this.#cluster.broadcasts,
        connections: (group) => this.#connectionsOf(group),
        lose: (connection) => {
            this._lose(connection);
        },
    });
    readonly #cluster: ServerCluster;
    readonly #Session: NonNullable<ServerOptions["session_type"]>;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an invalid option (`docs/errors.md`). */
    constructor(given?: ServerOptions<P, S, C> | null) {
        const options = givenOptions(given);
        super(options);
        this._pauseSlowPeers();
        ({ path: this.path, address: this.address, port: this.port } = addressOptions(options, true));
        this.#Session = sessionType(options.session_type) ?? SockhopSession;
        this._initAccepting(options);
        const tls = tlsOptions(options.ssl, options.ssl_options);
        if (tls && !hasCertificate(tls)) warn("A TLS server needs a certificate: set ssl_options.key and cert, or pfx");
        if (tls) tls.handshakeTimeout = milliseconds("handshakeTimeout", tls.handshakeTimeout, 10_000);
        const sharesPort = reusePort(options.reuse_port, this.path !== null);
        this.#listening = { tls, most: this._maxConnections, mode: permissions(options.mode), reusePort: sharesPort };
        this.#cluster = this.#createCluster(clusterSettings(options.cluster));
        this.#listener = this.#createListener();
    }

    /** The other servers, with the option `cluster`. */
    get cluster(): Cluster | undefined {
        return this._self().#cluster.cluster;
    }

    /** Server of Node. `close()` replaces it by a new one. */
    get server(): net.Server {
        return this._self().#listener.server;
    }

    /** Newest pings of each socket, at most four. A new map each time. To assign forgets them, as for an empty map in 1.x. */
    get pings(): Map<net.Socket, SockhopPing[]> {
        return new Map(this._active().map(({ socket, pings }) => [socket, pings?.pings ?? []]));
    }

    set pings(_: Map<net.Socket, SockhopPing[]>) {
        for (const { pings } of this._active()) pings?.reset();
    }

    /** Counters since the server was created. A new object each time. */
    get stats(): Stats {
        return this._self()._stats();
    }

    /**
     * Listens on `path`, or on `port` of `address`. A second call before the first has settled joins it.
     *
     * A socket file that a killed server has left at `path` is replaced. A live socket, and a file that is not a socket, are never
     * touched: the call rejects with `EADDRINUSE`.
     *
     * Rejects with
     * - the error of Node: `EADDRINUSE`, `EACCES` …; errors of the system are emitted as `error`, too, if there is a listener
     * - `ERR_SERVER_ALREADY_LISTEN` of Node if it listens already; it goes on to listen
     * - `ERR_BAD_OPTION` for an invalid path, address or port, and for an argument, such as a port
     * - `ERR_PATH_TOO_LONG` for a `path` above the limit of the system (107 bytes on Linux, 103 elsewhere)
     * - `ERR_ABORTED` if `close()` is called before it listens
     *
     * @returns resolves to the server of Node
     * @example await server.listen();
     */
    listen(): Promise<net.Server>;
    // The default keeps `length` at 0, as in 1.x: a test runner passes a callback to a function with a parameter.
    /** @internal */
    listen(argument: unknown = null): Promise<net.Server> {
        const self = this._self();
        if (argument !== undefined && argument !== null) {
            const error = listenArgumentError(argument);
            if (error) return Promise.reject(error);
        }
        // eslint-disable-next-line @typescript-eslint/unbound-method -- not called
        return self.#listener.listen(self, new CallSite(self.listen));
    }

    /**
     * Stops listening and pinging, and closes all connections gracefully: accepted messages are sent first.
     *
     * May be called at any time, and again with a shorter timeout. `listen()` may be called again at once. Rejects with
     * `ERR_BAD_OPTION` only.
     *
     * @returns resolves when every socket is closed, and the file of a Unix domain socket removed
     * @example await server.close({ timeout: 1000 });
     */
    async close(options: EndOptions | null = null): Promise<void> {
        const self = this._self();
        closeOptions(options); // throws before anything has happened
        const streams = [...self.#streams];
        const left = self.#cluster.cluster?.leave(); // first: from now on, nothing arrives from other servers
        const closed = self.#listener.close();
        self.#listener = self.#createListener();
        self.#closed = Promise.all([self.#closed, closed, left]);
        await Promise.all([self.disconnect(options), self.#closed]);
        for (const stream of streams) stream.end();
    }

    /** The same as `close()`. */
    [Symbol.asyncDispose](): Promise<void> {
        return this.close();
    }

    /**
     * Closes all connections gracefully and stops pinging, but goes on listening.
     *
     * When the call returns, `sockets` is empty (unless `drain` is set); one `disconnect` follows for each connection.
     *
     * @returns resolves when all sockets are closed, to an array with one `undefined` for each connection
     */
    async disconnect(options: EndOptions | null = null): Promise<undefined[]> {
        const self = this._self();
        const limits = closeOptions(options);
        self.ping(0);
        return self._closeAll(limits);
    }

    /**
     * Sends a value to one client: anything that JSON can express, `null` included. The client receives it with the name of its
     * class.
     *
     * Rejects with
     * - `ERR_NO_SOCKET` if `socket` is not a socket
     * - `ERR_SOCKET_DESTROYED` if it is not one of `sockets`, or breaks before the system has all bytes
     * - `ERR_BAD_DATA` for a value that JSON cannot express: `undefined`, functions, symbols, BigInt, cycles
     * - `ERR_MESSAGE_TOO_LARGE`, `ERR_BUFFER_FULL`, `ERR_MAX_PENDING`: see `max_message_size`, `slow_consumer`,
     *   `max_pending` of {@link ServerOptions}
     * - `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is not an object, to peers of type `"json"`, without `allow_non_objects`
     *
     * @param socket - one of `sockets`
     * @param callback - called once with the reply, and its `{ type }`
     * @param options - type of the message; timeout, signal and error callback of the reply
     * @returns resolves when the system has the bytes; the peer may not have read them. Await it for backpressure
     * @throws {@link SockhopError} `ERR_REMOTE_CALLBACK_TYPE` if `callback` is not a function, or peers are `"json"`
     * @example
     * ```js
     * await server.send(socket, { hello: "world" });
     * await server.send(socket, "ping", (reply) => console.log(reply), { timeout: 1000 });
     * ```
     */
    send<V extends Message<P, "server">, K extends MessageNameOf<P, "server", V> = MessageNameOf<P, "server", V>>(
        socket: net.Socket,
        value: V,
        callback?: CallbackOf<P, "server", K> | null,
        options?: SendOptions<K> | null,
    ): Promise<void> {
        const self = this._self();
        const connection = self._connectionOf(socket);
        if (connection) return self._send(connection, value, callback, options);
        if (!callback) return self.#refuse(socket);
        self._assertCallback(callback);
        return self.#refuse(socket, failedOf(options));
    }

    /**
     * Sends a value to all clients, but not to those of `except`, and not to one whose session is ending. Encodes it once.
     *
     * Waits at most 1 s for clients that are not reading, and skips them until they catch up. A connection with more than
     * `max_buffered` bytes pending does not get the value.
     *
     * If some connections fail, it rejects after the others have the value: with the `code` of the first failure (see `send()`),
     * and all of them in `failures`, an array of `{ socket, error }`. Invalid options reject with `ERR_BAD_OPTION`.
     *
     * @returns resolves to an array with one `undefined` for each connection, `[]` without connections
     * @example await server.sendall(new Widget());
     * @example await server.sendall({ left: "Ada" }, { type: "chat.left", except: session });
     */
    sendall<V extends Message<P, "server">>(
        value: V,
        options?: BroadcastOptions<MessageNameOf<P, "server", V>> | null,
    ): Promise<undefined[]> {
        const self = this._self();
        const isAsIn1x = hasOwnSend(self) && !options && !self.#cluster.cluster;
        if (!isAsIn1x) return self._broadcasts.sendall(value, options);
        // A `send()` of the program sees every message.
        return Promise.all(self.sockets.map((socket) => self.send(socket, value) as Promise<undefined>));
    }

    /**
     * Returns the group of this name, whether it has sessions or not. Sessions join it with `session.join(name)`.
     *
     * @param name - 1 to 200 characters
     * @throws {@link SockhopError} `ERR_BAD_OPTION` for an invalid name
     * @example
     * ```js
     * server.on("connect", (socket, session) => session.join("lobby"));
     * await server.group("lobby").sendall({ text: "hello" });
     * ```
     */
    group(name: string): Group<P, S> {
        return new Group(this._self(), groupName(name));
    }

    /**
     * Returns the id of a session of this server, for `session(id)` on any server of the cluster. It stays the same, also when the
     * session has ended or is resumed, until this server leaves the cluster and joins again: then open sessions have new ids, and
     * the old ones work on this server only. Sessions whose id is never read need no memory for it.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` if `session` is not one of this server
     */
    id_of(session: SockhopSession<P>): string {
        const self = this._self();
        const connection = connectionOf((session as Partial<SockhopSession> | null | undefined)?.sock);
        if (connection?.endpoint === self) return self._directory.idOf(connection);
        throw new SockhopError("The argument must be a session of this server", "ERR_NO_SOCKET");
    }

    /**
     * Returns the session of this id, on this server or on another one of the cluster, whether it still exists or not.
     *
     * @param id - result of `id_of()` on the server of the session
     * @throws {@link SockhopError} `ERR_BAD_OPTION` if `id` is not a string
     * @example
     * ```js
     * await redis.hSet("sessions", user, server.id_of(session));
     * await server.session(await redis.hGet("sessions", user)).send({ text: "hello" });
     * ```
     */
    session(id: string): RemoteSession<P> {
        if (typeof id !== "string") throw new SockhopError("The id of a session must be a string", "ERR_BAD_OPTION");
        const self = this._self();
        return new RemoteSession(self._directory, self._objectBuffer.json.enveloped, id);
    }

    /**
     * Sends a request to one client, whose `request` handler responds.
     *
     * Rejects as `send()` does, and with
     * - `ERR_REQUEST_TYPE` if peers are `"json"`
     * - `ERR_ABORTED`, `ERR_RESPONSE_TIMEOUT` if it is aborted before the system has the bytes
     *
     * Later errors end the stream: see {@link SockhopResponseReadableStream}. Peers before 1.8 do not know requests and never
     * respond. `undefined` is sent as `{}`.
     *
     * @returns resolves to the stream of the response when the system has the bytes
     * @example
     * ```js
     * for await (const { data } of await server.request(socket, "count")) console.log(data);
     * ```
     */
    request<
        V extends RequestData<P, "server">,
        K extends RequestNameOf<P, "server", V> = RequestNameOf<P, "server", V>,
    >(socket: net.Socket, value?: V, options?: RequestOptions<K> | null): Promise<Answer<P, K>> {
        const self = this._self();
        const connection = self._connectionOf(socket);
        if (!connection) return self.#refuse(socket);
        return self._request(connection, value, options) as Promise<Answer<P, K>>;
    }

    /**
     * Sends a request to one client. Rejects as `request()` does, and as `next()` of the stream does.
     *
     * @returns resolves to the response: the data of its first packet
     * @example
     * ```js
     * const sum = await server.ask(socket, [2, 3], { timeout: 1000 });
     * ```
     */
    ask<V extends RequestData<P, "server">, K extends RequestNameOf<P, "server", V> = RequestNameOf<P, "server", V>>(
        socket: net.Socket,
        value?: V,
        options?: RequestOptions<K> | null,
    ): Promise<AnswerTo<P, "server", K>> {
        const self = this._self();
        const connection = self._connectionOf(socket);
        if (!connection) return self.#refuse(socket);
        return self._ask(connection, value, options) as Promise<AnswerTo<P, "server", K>>;
    }

    /**
     * Sets the handler for requests of one type, of all clients. Its result is the response: a value, or an async iterable, each
     * value of which is one packet. `undefined` is sent as `{}`.
     *
     * If it fails, the requester gets `ERR_REQUEST_FAILED`, with message, `code` and `data` of the error in `error.remote`, and
     * the server emits `error`; without a listener it emits one process warning per type. Requests of this type are not emitted
     * as `request` events. `unhandle(type)` removes the handler.
     *
     * @throws {@link SockhopError} `ERR_HANDLER_EXISTS` if the type has a handler, `ERR_BAD_OPTION` if `type` is not a name or
     *   `handler` not a function
     * @example server.handle("Sum", (numbers, { session, signal }) => numbers.reduce((a, b) => a + b));
     */
    handle<K extends RequestName<P, "client">>(
        type: K,
        handler: Handler<P, "client", K, ServerHandlerContext<S, K>, ReceivedRequest<P, "client", K, C>>,
    ): void {
        this._self()._handle(type, handler);
    }

    /**
     * Returns the received messages for a `for await` loop. Each is one object, so `type` narrows `value`; `callback` is there if
     * the peer wants a reply. Handlers of `receive` get the messages, too.
     *
     * Messages from the call on are kept until the loop reads them. While more than 100 wait, the server does not read from their connections:
     * `ping()` can drop a connection then. Replies and responses wait, too, so do not await `ask()` in the loop: it times out if
     * more than 100 wait. The loop ends after `break`, when `signal` is aborted, and when `close()`
     * has closed the server.
     *
     * @throws {@link SockhopError} `ERR_BAD_OPTION` if `signal` is not an AbortSignal
     * @example
     * ```ts
     * for await (const message of server.messages()) {
     *     if (message.type === "Say") console.log(message.session.sock.remotePort, message.value?.text);
     * }
     * ```
     */
    messages(options?: MessagesOptions | null): AsyncIterableIterator<ServerMessage<P, S>> {
        const self = this._self();
        const source = {
            emitter: self,
            streams: self.#streams,
            socketOf: (meta: object) => (meta as { socket: net.Socket }).socket,
        };
        return new MessageStream<ServerMessage<P, S>>(source, options ?? {});
    }

    /**
     * Closes one connection gracefully.
     *
     * When the call returns, `sockets` does not contain it (unless `drain` is set); `disconnect` follows. Has no effect on a closed
     * connection. Rejects with `ERR_NO_SOCKET` if `socket` is not a socket.
     *
     * @returns resolves when the socket is closed
     */
    async kill_socket(socket: net.Socket, options?: EndOptions | null): Promise<void> {
        const limits = closeOptions(options);
        if (!isSocket(socket)) throw noSocketError(socket);
        const self = this._self();
        const connection = connectionOf(socket);
        if (connection?.endpoint === self) await self._closeAndWait(connection, { code: "KILLED" }, limits);
    }

    /**
     * IP address of the listening socket; `undefined` for a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` if the server does not listen
     */
    get_bound_address(): string | undefined {
        return this._self().#bound().address;
    }

    /**
     * Port of the listening socket; `undefined` for a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` if the server does not listen
     */
    get_bound_port(): number | undefined {
        return this._self().#bound().port;
    }

    /** Emits an event in a later turn of the event loop. */
    emit_async(event: string | symbol, ...args: unknown[]): void {
        setImmediate(() => {
            (this as unknown as TypedEmitter<object>).emit(event, ...args);
        });
    }

    /**
     * Sessions by their ids.
     *
     * @internal
     */
    get _directory(): SessionDirectory {
        return this.#cluster.directory;
    }

    /**
     * Sessions of groups on all servers.
     *
     * @internal
     */
    get _presence(): Presence {
        return this.#cluster.presence;
    }

    /** @internal */
    protected override _receiveMeta({ socket, session }: Connection, type: string, reply: Reply | undefined): object {
        return reply ? { type, socket, session, callback: reply } : { type, socket, session };
    }

    /** @internal */
    protected _createSession(connection: Connection): SockhopSession {
        const session = new this.#Session(connection.socket, this);
        if (typeof (session as Partial<SockhopSession>)._bind !== "function") {
            throw new SockhopError("session_type must be a class that extends SockhopSession", "ERR_BAD_OPTION");
        }
        session._bind(connection.socket, this);
        return session;
    }

    /** @internal */
    protected _requestArgs({ socket, session }: Connection): unknown[] {
        return [{ socket, session }];
    }

    /**
     * A client may have disconnected: then an unhandled rejection must not end the program, since `disconnect` reports it.
     *
     * @param failed - option of a call, which reports it, too
     */
    #refuse(socket: net.Socket, failed?: CallbackOptions["failed"]): Promise<never> {
        const error = this.#unknownSocketError(socket);
        if (failed) callFailed(failed, error);
        const refused = Promise.reject(error);
        return failed || connectionOf(socket)?.endpoint === this ? markHandled(refused) : refused;
    }

    /** Error of a socket that is not a connection of the server. */
    #unknownSocketError(socket: unknown): SockhopError {
        if (!isSocket(socket)) return noSocketError(socket);
        const isOwn = connectionOf(socket)?.endpoint === this;
        const reason = isOwn ? "the client has disconnected" : "the socket is not one of this server";
        return notConnectedError(undefined, `The message was not sent: ${reason}`);
    }

    #connectionsOf(group: string | undefined): Connection[] {
        return group === undefined ? this._active() : this._membersOf(group);
    }

    #createCluster(settings: ClusterSettings | undefined): ServerCluster {
        const server: ClusteredServer = {
            objectBuffer: this._objectBuffer,
            broadcasts: this._broadcasts,
            responseTimeout: this._limits.responseTimeout,
            hasTypes: this._objectBuffer.json.enveloped,
            connections: (group) => this.#connectionsOf(group),
            send: (connection, value, type) => this._send(connection, value, null, { type }),
            ask: (connection, value, options) => this._ask(connection, value, options),
            kill: (connection, options) => this.kill_socket(connection.socket, options),
            report: (error) => {
                this._reportError(error, null);
            },
        };
        return new ServerCluster(server, settings);
    }

    #createListener(): Listener {
        const { cluster } = this.#cluster;
        const join = async (): Promise<void> => {
            // Without the engine, the server serves its own clients.
            if (this.#listener === listener) await cluster?.join().catch(() => undefined);
        };
        const listener: Listener = new Listener(this.#listening, {
            ...(cluster && { bound: join }),
            accepted: (socket) => {
                this._accept(socket);
            },
            failed: (error) => {
                // An error of listen() rejects, too; an error of accepting a connection is reported here only.
                const isReported = listener.server.listening || this.listenerCount("error") > 0;
                if (isReported) this._reportError(error, null);
                return isReported;
            },
            refused: (error) => {
                this._reportError(error, null);
            },
        });
        return listener;
    }

    /** @internal */
    protected get _isListening(): boolean {
        return this.#listener.server.listening;
    }

    /** @internal */
    protected _onSocketReplaced({ session, socket }: Connection): void {
        (session as SockhopSession | undefined)?._bind(socket, this);
    }

    /** @internal */
    protected override _onClose(connection: Connection, wasOpen: boolean): void {
        this.#cluster.forget(connection);
        super._onClose(connection, wasOpen);
    }

    #bound(): Partial<net.AddressInfo> {
        const address = this.server.address();
        if (!address) throw new SockhopError("The server is not listening", "ERR_NO_SOCKET");
        return typeof address === "string" ? {} : address;
    }
}

// Not in the class: a class that uses its own name loses it in the build.
function hasOwnSend(server: SockhopServer): boolean {
    return server.send !== SockhopServer.prototype.send; // eslint-disable-line @typescript-eslint/unbound-method -- not called
}

function noSocketError(given: unknown): SockhopError {
    const hint = given instanceof SockhopSession ? ": call the method of the session, or pass its sock" : "";
    return new SockhopError(`The first argument must be a socket of the server${hint}`, "ERR_NO_SOCKET");
}
