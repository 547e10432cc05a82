import * as net from "node:net";
import { Sockhop } from "./Sockhop";
import { SockhopError } from "./SockhopError";
import { SockhopSession } from "./SockhopSession";
import { Broadcast } from "./core/Broadcast";
import type { Connection, RemoteCallback } from "./core/Connection";
import type { Reply } from "./core/Messenger";
import { Listener, type ListenerOptions } from "./core/Listener";
import { ignorable, lost } from "./core/Outbox";
import { connectionOf } from "./core/adopt";
import { type CallbackOptions, tellFailed } from "./core/RemoteCall";
import type { SockhopResponseReadableStream } from "./core/ResponseReadableStream";
import type { Stats } from "./core/Stats";
import { type EndOptions, timeToEnd } from "./core/ending";
import { amount, milliseconds } from "./core/limits";
import { setImmediate } from "./core/timers";
import { type ServerOptions, permissions, place, secure } from "./core/options";
import type { ServerEvents } from "./events";
import type { RequestOptions } from "./mixins/Requests";
import { Sessions } from "./mixins/Sessions";
import type { AnswerTo, Message, Protocol, ReplyTo, RequestData } from "./types";
import type { SockhopPing } from "./protocol/SockhopPing";

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
export class SockhopServer<P extends Protocol = any> extends Sessions(Sockhop)<ServerEvents<P>> {
    /** Path of the Unix domain socket, or `null`. This, address and port are read by `listen()`. */
    path: string | null;
    address: string;
    port: number;
    /** @internal */
    protected override readonly _patient = true;
    #listener: Listener;
    /** Settles when what `close()` was called for is gone. */
    #closed: Promise<unknown> = Promise.resolve();
    readonly #listening: ListenerOptions;
    /** What was sent to all last. */
    #broadcast: Broadcast | undefined;
    readonly #Session: NonNullable<ServerOptions["session_type"]>;
    readonly #sessionTimeout: number;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator, a limit or a time that is none. */
    constructor(options: ServerOptions = {}) {
        super(options);
        ({ path: this.path, address: this.address, port: this.port } = place(options, true));
        this.#Session = options.session_type ?? SockhopSession;
        this.#sessionTimeout = milliseconds("session_timeout", options.session_timeout, 30_000);
        const tls = secure(options.ssl, options.ssl_options);
        if (tls) tls.handshakeTimeout = milliseconds("handshakeTimeout", tls.handshakeTimeout, 10_000);
        const most = amount("max_connections", options.max_connections, Infinity);
        this.#listening = { tls, most, mode: permissions(options.mode) };
        this.#listener = this.#createListener();
    }

    /** Node's server underneath; replaced by a new one on `close()`. */
    get server(): net.Server {
        return this.#listener.server;
    }

    /** For each socket its newest pings, at most four. A new map each time. */
    get pings(): Map<net.Socket, SockhopPing[]> {
        return new Map(this._listed().map(({ socket, pulse }) => [socket, pulse?.pings ?? []]));
    }

    /** What it has done so far. A new object each time. */
    get stats(): Stats {
        return this._stats();
    }

    /**
     * Begins to listen: on `path`, or on `port` of `address`. A second call before the first has settled joins it.
     *
     * A socket that a server has left at `path` when it was killed is replaced. What is alive, or not a socket, is never
     * touched: then it rejects with `EADDRINUSE`, as it does when another server is quicker.
     *
     * Resolves to Node's server. Rejects with
     * - the error of Node, as it is: `EADDRINUSE`, `EACCES`, `ERR_SERVER_ALREADY_LISTEN` …; errors of the system are
     *   also emitted as `error` when somebody listens to that
     * - `ERR_PATH_TOO_LONG` when `path` has more bytes than a socket's path can have (107 on Linux, 103 elsewhere)
     * - `ERR_ABORTED` when `close()` is called meanwhile
     */
    listen(): Promise<net.Server> {
        return this.#listener.listen(this);
    }

    /**
     * Stops listening and pinging, and ends all connections. What was sent before still goes out.
     *
     * Resolves when every socket is gone, and the file of a Unix domain socket. Never rejects (but for `ERR_BAD_OPTION`);
     * may be called at any time, also again with less time. `listen()` may be called again at once.
     */
    async close(options: EndOptions = {}): Promise<void> {
        timeToEnd(options); // throws before anything has happened
        const closed = this.#listener.close();
        this.#listener = this.#createListener();
        this.#closed = Promise.all([this.#closed, closed]);
        await Promise.all([this.disconnect(options), this.#closed]);
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
    async disconnect(options: EndOptions = {}): Promise<undefined[]> {
        timeToEnd(options);
        this.ping(0);
        return this._endAll(options);
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
        options?: CallbackOptions,
    ): Promise<void> {
        const connection = this._of(socket);
        if (connection) return this._send(connection, value, callback, options);
        if (callback) tellFailed(options?.failed, stranger(socket));
        return this.#refuse(socket);
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
        // What the system has destroyed is not listed much longer.
        for (const connection of this._listed()) if (connection.socket.destroyed) this._drop(connection);
        const connections = this._listed();
        if (connections.length === 0) return Promise.resolve([]);
        try {
            const frame = this._encode(value);
            const latest = this.#broadcast;
            if (latest?.isFor(connections)) {
                latest.push(frame);
                return latest.promise;
            }
            const { promise } = (this.#broadcast = new Broadcast(connections, frame));
            return promise;
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
        options?: RequestOptions,
    ): Promise<Answer<P, V>> {
        const connection = this._of(socket);
        if (!connection) return this.#refuse(socket);
        return this._request(connection, value, options) as Promise<Answer<P, V>>;
    }

    /**
     * Sends a request to one client, and resolves to its answer: the data of the first packet. Rejects as `request()`
     * does, and as `next()` of the stream does.
     */
    ask<V extends RequestData<P, "server">>(
        socket: net.Socket,
        value?: V,
        options?: RequestOptions,
    ): Promise<AnswerTo<P, "server", V>> {
        const connection = this._of(socket);
        if (!connection) return this.#refuse(socket);
        return this._ask(connection, value, options) as Promise<AnswerTo<P, "server", V>>;
    }

    /**
     * Ends one connection.
     *
     * When the call returns, `sockets` does not hold it any more (unless it has to `drain`); `disconnect` follows. What
     * was sent before still goes out. Resolves when the socket is gone. Does nothing with one that has gone. Rejects with
     * `ERR_NO_SOCKET` when it is no socket.
     */
    async kill_socket(socket: net.Socket, options: EndOptions = {}): Promise<void> {
        timeToEnd(options);
        if (!(socket instanceof net.Socket)) throw stranger(socket);
        await this._endOf(socket, options);
    }

    /**
     * The IP address that the server listens on; `undefined` for a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` when it does not listen
     */
    get_bound_address(): string | undefined {
        return this.#bound().address;
    }

    /**
     * The port that the server listens on; `undefined` for a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` when it does not listen
     */
    get_bound_port(): number | undefined {
        return this.#bound().port;
    }

    /** Emits an event in a later turn. */
    emit_async(event: string | symbol, ...args: unknown[]): void {
        setImmediate(() => {
            this.emit(event, ...args);
        });
    }

    /** @internal */
    protected override _deliver(connection: Connection, value: unknown, type: string, callback?: Reply): void {
        const { socket } = connection;
        const session = connection.session as SockhopSession;
        const meta = callback ? { type, socket, session, callback } : { type, socket, session };
        this._emitReceive(value, meta);
    }

    // The next two are what Sessions asks for.
    /** @internal */
    protected _createSession(connection: Connection): SockhopSession {
        const session = new this.#Session(connection.socket, this);
        session._bind(connection.socket, this);
        return session;
    }

    /** @internal */
    protected get _sessionTimeout(): number {
        return this.#sessionTimeout;
    }

    /** @internal */
    protected _context({ socket, session }: Connection): unknown[] {
        return [{ socket, session }];
    }

    /** That a client has gone meanwhile must not end a program that does not look at the promise: `disconnect` tells. */
    #refuse(socket: net.Socket): Promise<never> {
        const refused = Promise.reject(stranger(socket));
        return connectionOf(socket)?.endpoint === this ? ignorable(refused) : refused;
    }

    #createListener(): Listener {
        const listener: Listener = new Listener(this.#listening, {
            accepted: (socket) => {
                this._accept(socket);
            },
            failed: (error) => {
                // A failure to listen is a rejection as well; a failure to accept is nothing else.
                if (listener.server.listening || this.listenerCount("error") > 0) this._report(error, null);
            },
            refused: (error) => {
                this._report(error, null);
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
function stranger(socket: unknown): SockhopError {
    return socket instanceof net.Socket ? lost() : new SockhopError("This is not a socket", "ERR_NO_SOCKET");
}
