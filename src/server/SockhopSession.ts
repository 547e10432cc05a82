import type { Socket } from "node:net";
import { type Connection, connectionOf } from "../connection/Connection";
import type { EndOptions } from "../connection/GracefulClose";
import { type Stats, statsOf } from "../diagnostics/Stats";
import { LazyEmitter } from "../emitter/LazyEmitter";
import { type FlushOptions, limitFlush } from "../mixins/FlushLimit";
import type { RequestOptions } from "../mixins/Requests";
import type { AnswerTo, CallbackOf, Message, MessageNameOf, Protocol, RequestData, RequestNameOf } from "../Protocol";
import type { SendOptions } from "../replies/PendingCallback";
import type { SockhopResponseReadableStream } from "../replies/responses/ResponseReadableStream";
import { SockhopError } from "../SockhopError";
import { markHandled } from "../timers/promises";
import { fingerprintOf } from "../transport/tls";
import type { SockhopServer } from "./SockhopServer";

/** Server with any registered classes: they make no difference to a session. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyServer<P extends Protocol, S extends SockhopSession<P> = SockhopSession<P>> = SockhopServer<P, S, any>;

/**
 * Object of your program for one connection of a server. The server creates one for each connection, and passes it to
 * every handler.
 *
 * Extend it and pass the class as `session_type`. Its constructor gets `(socket, server)`, and need not pass them to
 * `super()`.
 *
 * A session is an EventEmitter for your own events. The library emits none on it.
 *
 * Order of events: constructor → `start()` → listed in `sockets` and `sessions` → `connect` → … → `end()` → removed
 * from the lists → `disconnect`.
 *
 * @typeParam P - types of the messages, a {@link Protocol}; without it every value is `any`
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol every value is `any`
export class SockhopSession<P extends Protocol = any> extends LazyEmitter {
    // Not #private, because a session may be behind a Proxy. 1.8 has the same names.
    /** @internal */
    protected _sock: Socket | undefined;
    /** @internal */
    protected _server: AnyServer<P> | undefined;

    constructor(sock?: Socket, server?: AnyServer<P>) {
        super();
        this._sock = sock;
        this._server = server;
    }

    /** Socket of the connection: the current one, after it was resumed. */
    get sock(): Socket {
        return this._sock as Socket;
    }

    /** Server of the connection. Its sessions have the class of this one. */
    get server(): AnyServer<P, this> {
        return this._server as unknown as AnyServer<P, this>;
    }

    /**
     * Starts the session. Override it: the server calls it once for a new connection, and awaits its promise, if any.
     *
     * Throw or reject to refuse the connection. The server then closes it without a `connect` event, and emits `error`.
     * The same happens after `session_timeout` of the server (`ERR_SESSION_TIMEOUT`). The server does not read from the
     * connection before the promise resolves; buffers of the system and of Node hold received bytes until then.
     */
    start(): unknown {
        return undefined;
    }

    /**
     * Ends the session. Override it: the server calls it once when the connection closes, if `start()` has resolved.
     * `disconnect` waits for its promise, if any, for at most `session_timeout`. If it fails, the server emits `error`
     * before `disconnect`.
     */
    end(): unknown {
        return undefined;
    }

    /**
     * Allows a client to resume this session on another socket, with the option `resume`. Override it to authenticate the
     * client again: the server calls it when a client has presented the token of the session, before anything is sent, and
     * awaits its promise, if any, for at most `session_timeout`. The client waits for its `connect_timeout` (5 s), then it asks
     * again.
     *
     * Return or resolve `false`, throw or reject to refuse. Then the client gets a new session, and this one ends after the
     * timeout of the option, unless it is resumed before. (It does not end at once: a stranger with the token could end it.)
     *
     * Also called after `end()`, while a graceful close waits for the acknowledgements of the client.
     *
     * @param socket - new socket of the client
     * @returns by default, with TLS: true if the client has the certificate of the session, if any; otherwise true
     */
    resume(socket: Socket): unknown {
        const fingerprint = connectionOf(this._sock)?.resumption?.fingerprint;
        return fingerprint === undefined || fingerprintOf(socket) === fingerprint;
    }

    /** True while client and server have agreed to resume this connection if its socket is lost. */
    get resumable(): boolean {
        return connectionOf(this._sock)?.isResumable ?? false;
    }

    /**
     * Names of the groups that this session has joined. A new set each time. A session whose connection has closed is in no
     * group; the names are kept for `end()` and for handlers of `disconnect`, and the set is empty after those.
     */
    get groups(): Set<string> {
        const connection = connectionOf(this._sock);
        return this._server && connection ? this._server._groupsOf(connection) : new Set();
    }

    /** Bytes that are buffered for this client. The server emits `drain` when a full buffer is empty again. */
    get buffered(): number {
        return connectionOf(this._sock)?.buffered ?? 0;
    }

    /** Name of the codec that client and server have agreed on; `"json"` if the client does not have that of the server. */
    get codec(): string {
        return connectionOf(this._sock)?.codec ?? "json";
    }

    /** Counters of this connection, available after it has closed, too. A new object each time. */
    get stats(): Stats {
        const connection = connectionOf(this._sock);
        return { ...statsOf(connection ? [connection] : []), round_trip: connection?.pings?.roundTrip };
    }

    /**
     * Sends a value to this client: see {@link SockhopServer.send}.
     *
     * @example server.on("receive", (value, { session }) => session.send("thank you"));
     */
    send<V extends Message<P, "server">, K extends MessageNameOf<P, "server", V> = MessageNameOf<P, "server", V>>(
        value: V,
        callback?: CallbackOf<P, "server", K> | null,
        options?: SendOptions<K> | null,
    ): Promise<void> {
        return this._server ? this._server.send(this.sock, value, callback, options) : unbound();
    }

    /**
     * Sends a request to this client: see {@link SockhopServer.request}.
     *
     * @example for await (const { data } of await session.request("count")) console.log(data);
     */
    request<
        V extends RequestData<P, "server">,
        K extends RequestNameOf<P, "server", V> = RequestNameOf<P, "server", V>,
    >(value?: V, options?: RequestOptions<K> | null): Promise<SockhopResponseReadableStream<AnswerTo<P, "server", K>>> {
        return this._server ? this._server.request(this.sock, value, options) : unbound();
    }

    /**
     * Sends a request to this client, and resolves to its response: see {@link SockhopServer.ask}.
     *
     * @example const version = await session.ask("version");
     */
    ask<V extends RequestData<P, "server">, K extends RequestNameOf<P, "server", V> = RequestNameOf<P, "server", V>>(
        value?: V,
        options?: RequestOptions<K> | null,
    ): Promise<AnswerTo<P, "server", K>> {
        return this._server ? this._server.ask(this.sock, value, options) : unbound();
    }

    /**
     * Waits until the client has received everything that was sent before: its library has, not yet its handlers.
     *
     * With `resume` at both ends, the client has acknowledged it, and an interruption only delays that. Otherwise the client
     * has replied to a ping that follows the messages, which sockhop of any version does.
     *
     * Rejects with
     * - `ERR_SOCKET_DESTROYED` if the connection closes first (the rejection needs no handler)
     * - `ERR_FLUSH_TIMEOUT` after `timeout`, `ERR_ABORTED` when `signal` is aborted. What was sent stays on its way
     * - `ERR_REQUEST_TYPE` if peers are `"json"`, `ERR_BAD_OPTION` for invalid options
     *
     * @example
     * ```js
     * session.send("last words");
     * await session.flush();
     * ```
     */
    flush(options: FlushOptions | null = null): Promise<void> {
        const connection = connectionOf(this._sock);
        const { _server: server } = this;
        if (!server || !connection) return unbound();
        // eslint-disable-next-line @typescript-eslint/unbound-method -- not called
        return markHandled(limitFlush(options, this.flush, (limit) => markHandled(server._flush(connection, limit))));
    }

    /**
     * Joins a group: from the call on, `server.group(name).sendall()` sends to this client, too; from the end of `start()`
     * on, if it is called in there. Has no effect for a member.
     *
     * The session leaves its groups when its connection closes, but not while it is interrupted, with the option `resume`.
     *
     * Rejects with
     * - `ERR_BAD_OPTION` if `name` is not a string with 1 to 200 characters
     * - `ERR_SOCKET_DESTROYED` from `end()` of the session on; the rejection needs no handler
     *
     * @example server.on("connect", (socket, session) => session.join("lobby"));
     */
    join(name: string): Promise<void> {
        const connection = connectionOf(this._sock);
        return this._server && connection ? this._server._join(connection, name) : unbound();
    }

    /**
     * Leaves a group. The client gets what was sent to the group before the call. Has no effect if the session is not in it.
     *
     * Rejects with `ERR_BAD_OPTION` for an invalid name.
     */
    leave(name: string): Promise<void> {
        const connection = connectionOf(this._sock);
        return this._server && connection ? this._server._leave(connection, name) : unbound();
    }

    /** Closes the connection: see {@link SockhopServer.kill_socket}. */
    kill(options?: EndOptions | null): Promise<void> {
        return this._server ? this._server.kill_socket(this.sock, options) : unbound();
    }

    /** Same as `kill()`. */
    [Symbol.asyncDispose](): Promise<void> {
        return this.kill();
    }

    /**
     * Sets socket and server, for classes whose constructor does not pass them to `super()`.
     *
     * @internal
     */
    _bind(sock: Socket, server: AnyServer<P>): void {
        this._sock = sock;
        this._server = server;
    }
}

/** Members of a server for its connections and their sessions. */
export interface Sessioned {
    /** Sockets of all connections, oldest first. A new array each time. */
    readonly sockets: Socket[];

    /** Sessions of all connections, in the order of `sockets`. A new array each time. */
    readonly sessions: SockhopSession[];

    /** @internal */
    _startSession(connection: Connection): void;

    /** @internal */
    _active(): Connection[];
}

/** Result of a method of a session that was not created by a server. */
function unbound(): Promise<never> {
    return Promise.reject(new SockhopError("The session has no connection", "ERR_NO_SOCKET"));
}
