import type { ServerEvents } from "./ServerEvents";
import { addressOptions } from "../transport/Address";
import { tlsOptions } from "../transport/tls";
import { type ServerOptions, permissions, sessionType } from "./ServerOptions";
import type { RemoteCallback, Reply } from "../replies/PendingReply";
import { markHandled } from "../timers/promises";
import { positiveNumber, milliseconds } from "../validators";
import type * as net from "node:net";
import { Sockhop } from "../mixins/Sockhop";
import { SockhopError, notConnectedError } from "../SockhopError";
import { type Sessioned, SockhopSession } from "./SockhopSession";
import { Broadcast } from "./Broadcast";
import { CallSite } from "../runtime/CallSite";
import { type Connection, connectionOf } from "../connection/Connection";
import { Listener, type ListenerOptions } from "../transport/Listener";
import { type CallbackOptions, callFailed } from "../replies/PendingCallback";
import type { SockhopResponseReadableStream } from "../replies/ResponseReadableStream";
import type { Stats } from "../diagnostics/Stats";
import { isSocket } from "../connection/socketHooks";
import { type EndOptions, closeTimeout } from "../connection/GracefulClose";
import { setImmediate } from "../runtime/clock";
import { warnUnknownOptions } from "../endpoint/unknownOptions";
import type { RequestOptions } from "../mixins/Requests";
import { Sessions } from "../mixins/Sessions";
import type { Constructor } from "../mixins/mixin";
import type { AnswerTo, Message, Protocol, ReplyTo, RequestData } from "../Protocol";
import type { SockhopPing } from "../protocol/SockhopPing";

/** The answer to the request `V`. */
type Answer<P, V> = SockhopResponseReadableStream<AnswerTo<P, "server", V>>;

/**
 * The end that listens.
 *
 * Call `listen()` to begin and `close()` to end; it can listen again afterwards. See {@link ServerEvents} for what it
 * emits.
 *
 * @typeParam P - what the two ends say to each other, a {@link Protocol}; without it everything is loose
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol everything is loose
export class SockhopServer<P extends Protocol = any> extends (Sessions(Sockhop) as typeof Sockhop &
    Constructor<Sessioned>)<ServerEvents<P>> {
    /** Path of the Unix domain socket, or `null`. This, address and port are read by `listen()`. */
    path: string | null;
    address: string;
    port: number;
    #listener: Listener;
    /** Settles when what `close()` was called for is gone. */
    #closed: Promise<unknown> = Promise.resolve();
    readonly #listening: ListenerOptions;
    /** What was sent to all last. */
    #broadcast: Broadcast | undefined;
    readonly #Session: NonNullable<ServerOptions["session_type"]>;
    readonly #sessionTimeout: number;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an option that makes no sense, see `docs/errors.md`. */
    constructor(given?: ServerOptions | null) {
        const options = given ?? {};
        super(options);
        this._pauseSlowPeers();
        warnUnknownOptions(options);
        ({ path: this.path, address: this.address, port: this.port } = addressOptions(options, true));
        this.#Session = sessionType(options.session_type) ?? SockhopSession;
        this.#sessionTimeout = milliseconds("session_timeout", options.session_timeout, 30_000);
        const tls = tlsOptions(options.ssl, options.ssl_options);
        if (tls) tls.handshakeTimeout = milliseconds("handshakeTimeout", tls.handshakeTimeout, 10_000);
        const most = positiveNumber("max_connections", options.max_connections, Infinity);
        this.#listening = { tls, most, mode: permissions(options.mode) };
        this.#listener = this.#createListener();
    }

    /** Node's server underneath; replaced by a new one on `close()`. */
    get server(): net.Server {
        return this._self().#listener.server;
    }

    /** For each socket its newest pings, at most four. A new map each time. */
    get pings(): Map<net.Socket, SockhopPing[]> {
        return new Map(this._active().map(({ socket, pings }) => [socket, pings?.pings ?? []]));
    }

    /** What it has done so far. A new object each time. */
    get stats(): Stats {
        return this._self()._stats();
    }

    /**
     * Begins to listen: on `path`, or on `port` of `address`. A second call before the first has settled joins it.
     *
     * A socket that a server has left at `path` when it was killed is replaced. What is alive, or not a socket, is never
     * touched: then it rejects with `EADDRINUSE`, as it does when another server is quicker.
     *
     * Resolves to Node's server. Rejects with
     * - the error of Node, as it is: `EADDRINUSE`, `EACCES` …; errors of the system are also emitted as `error` when
     *   there is a listener
     * - `ERR_SERVER_ALREADY_LISTEN` of Node when it listens already, which it goes on to do
     * - `ERR_BAD_OPTION` for a path, address or port that is none
     * - `ERR_PATH_TOO_LONG` when `path` has more bytes than a socket's path can have (107 on Linux, 103 elsewhere)
     * - `ERR_ABORTED` when `close()` is called meanwhile
     */
    listen(): Promise<net.Server> {
        const self = this._self();
        // eslint-disable-next-line @typescript-eslint/unbound-method -- not called
        return self.#listener.listen(self, new CallSite(self.listen));
    }

    /**
     * Stops listening and pinging, and ends all connections. What was sent before still goes out.
     *
     * Resolves when every socket is gone, and the file of a Unix domain socket. Never rejects (but for `ERR_BAD_OPTION`);
     * may be called at any time, also again with less time. `listen()` may be called again at once.
     */
    async close(options?: EndOptions | null): Promise<void> {
        const self = this._self();
        closeTimeout(options ?? {}); // throws before anything has happened
        const closed = self.#listener.close();
        self.#listener = self.#createListener();
        self.#closed = Promise.all([self.#closed, closed]);
        await Promise.all([self.disconnect(options), self.#closed]);
    }

    /** The same as `close()`. */
    [Symbol.asyncDispose](): Promise<void> {
        return this.close();
    }

    /**
     * Ends all connections and turns pings off, but goes on listening.
     *
     * When the call returns, `sockets` is empty (unless it has to `drain`); `disconnect` follows for each. What was sent
     * before still goes out. Resolves, when all sockets are gone, to an array with one `undefined` for each connection.
     */
    async disconnect(options?: EndOptions | null): Promise<undefined[]> {
        const self = this._self();
        closeTimeout(options ?? {});
        self.ping(0);
        return self._closeAll(options ?? {});
    }

    /**
     * Sends a value to one client: anything that JSON can express, also `null`. It gets it with the name of its class.
     *
     * Resolves when the system has the bytes, which says nothing about the peer; awaiting it paces. Rejects with
     * - `ERR_NO_SOCKET` when `socket` is no socket
     * - `ERR_SOCKET_DESTROYED` when it is not (or no longer) one of `sockets`, or breaks before the system has all
     *   bytes
     * - `ERR_BAD_DATA` for what JSON cannot express: `undefined`, functions, symbols, BigInt, cycles
     * - `ERR_MESSAGE_TOO_LARGE`, `ERR_BUFFER_FULL`, `ERR_MAX_PENDING`: see `max_message_size`, `slow_consumer`,
     *   `max_pending` of {@link ServerOptions}
     * - `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is no object, to peers of type `"json"`, without
     *   `allow_non_objects`
     *
     * @param socket - one of `sockets`
     * @param value - what to send
     * @param callback - called once with the answer, if one comes, and its `{ type }`
     * @param options - how long to wait for the answer, and whom to tell that it will not come
     * @throws {@link SockhopError} `ERR_REMOTE_CALLBACK_TYPE` when `callback` is no function, or peers are `"json"`
     */
    send<V extends Message<P, "server">>(
        socket: net.Socket,
        value: V,
        callback?: RemoteCallback<ReplyTo<P, "server", V>> | null,
        options?: CallbackOptions | null,
    ): Promise<void> {
        const self = this._self();
        const connection = self._connectionOf(socket);
        if (connection) return self._send(connection, value, callback, options);
        if (callback) callFailed(options?.failed, unknownSocketError(socket));
        return self.#refuse(socket);
    }

    /**
     * Sends a value to all clients. It is encoded once.
     *
     * Resolves to an array with one `undefined` for each connection, to `[]` without connections. A client that does not
     * read holds it up for at most a second, and then not again until it has caught up; where more than `max_buffered`
     * waits already, the value is not sent.
     *
     * Rejects, when the others have it, if some connections have failed: with the `code` of the first (as `send()` has
     * it), and all in `failures`, an array of `{ socket, error }`.
     */
    sendall(value: Message<P, "server">): Promise<undefined[]> {
        const self = this._self();
        // What the system has destroyed is not listed much longer.
        for (const connection of self._active()) if (connection.socket.destroyed) void self._close(connection);
        const connections = self._active();
        if (connections.length === 0) return Promise.resolve([]);
        try {
            const frame = self._objectBuffer.encodeMessage(value);
            const latest = self.#broadcast;
            if (latest?.isFor(connections)) {
                latest.push(frame);
                return latest.promise;
            }
            const broadcast = (self.#broadcast = new Broadcast(connections, frame));
            const forget = (): void => {
                if (self.#broadcast === broadcast) self.#broadcast = undefined; // it knows clients that have gone
            };
            broadcast.promise.then(forget, forget);
            return broadcast.promise;
        } catch (error) {
            return Promise.reject(error);
        }
    }

    /**
     * Sends a request to one client, and resolves to the stream of its answer when the system has the bytes. The
     * client's `request` handler answers.
     *
     * Rejects as `send()` does, and with
     * - `ERR_REQUEST_TYPE` when peers are `"json"`
     * - `ERR_ABORTED`, `ERR_RESPONSE_TIMEOUT` when it is given up before the system has the bytes
     *
     * What goes wrong afterwards ends the stream; see {@link SockhopResponseReadableStream}. Peers before 1.8 do not
     * know requests and never answer. `undefined` is sent as `{}`.
     */
    request<V extends RequestData<P, "server">>(
        socket: net.Socket,
        value?: V,
        options?: RequestOptions | null,
    ): Promise<Answer<P, V>> {
        const self = this._self();
        const connection = self._connectionOf(socket);
        if (!connection) return self.#refuse(socket);
        return self._request(connection, value, options) as Promise<Answer<P, V>>;
    }

    /**
     * Sends a request to one client, and resolves to its answer: the data of the first packet. Rejects as `request()`
     * does, and as `next()` of the stream does.
     */
    ask<V extends RequestData<P, "server">>(
        socket: net.Socket,
        value?: V,
        options?: RequestOptions | null,
    ): Promise<AnswerTo<P, "server", V>> {
        const self = this._self();
        const connection = self._connectionOf(socket);
        if (!connection) return self.#refuse(socket);
        return self._ask(connection, value, options) as Promise<AnswerTo<P, "server", V>>;
    }

    /**
     * Ends one connection.
     *
     * When the call returns, `sockets` does not hold it any more (unless it has to `drain`); `disconnect` follows. What
     * was sent before still goes out. Resolves when the socket is gone. Does nothing with one that has gone. Rejects with
     * `ERR_NO_SOCKET` when it is no socket.
     */
    async kill_socket(socket: net.Socket, options?: EndOptions | null): Promise<void> {
        closeTimeout(options ?? {});
        if (!isSocket(socket)) throw unknownSocketError(socket);
        const self = this._self();
        const connection = connectionOf(socket);
        if (connection?.endpoint === self) await self._close(connection, options ?? {});
    }

    /**
     * The IP address that the server listens on; `undefined` for a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` when it does not listen
     */
    get_bound_address(): string | undefined {
        return this._self().#bound().address;
    }

    /**
     * The port that the server listens on; `undefined` for a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` when it does not listen
     */
    get_bound_port(): number | undefined {
        return this._self().#bound().port;
    }

    /** Emits an event in a later turn. */
    emit_async(event: string | symbol, ...args: unknown[]): void {
        setImmediate(() => {
            this.emit(event, ...args);
        });
    }

    /** @internal */
    protected override _receiveMeta({ socket, session }: Connection, type: string, reply: Reply | undefined): object {
        return reply ? { type, socket, session, callback: reply } : { type, socket, session };
    }

    // The next two are what Sessions asks for.
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
    protected get _sessionTimeout(): number {
        return this.#sessionTimeout;
    }

    /** @internal */
    protected _requestArgs({ socket, session }: Connection): unknown[] {
        return [{ socket, session }];
    }

    /** That a client has gone meanwhile must not end a program that does not look at the promise: `disconnect` tells. */
    #refuse(socket: net.Socket): Promise<never> {
        const refused = Promise.reject(unknownSocketError(socket));
        return connectionOf(socket)?.endpoint === this ? markHandled(refused) : refused;
    }

    #createListener(): Listener {
        const listener: Listener = new Listener(this.#listening, {
            accepted: (socket) => {
                this._startSession(this._attach(socket));
            },
            failed: (error) => {
                // A failure to listen is a rejection as well; a failure to accept is nothing else.
                if (listener.server.listening || this.listenerCount("error") > 0) this._reportError(error, null);
            },
            refused: (error) => {
                this._reportError(error, null);
            },
        });
        return listener;
    }

    #bound(): Partial<net.AddressInfo> {
        const address = this.server.address();
        if (!address) throw new SockhopError("The server is not listening", "ERR_NO_SOCKET");
        return typeof address === "string" ? {} : address;
    }
}

/** What is wrong with a socket that is none of ours. */
function unknownSocketError(socket: unknown): SockhopError {
    return isSocket(socket) ? notConnectedError() : new SockhopError("This is not a socket", "ERR_NO_SOCKET");
}
