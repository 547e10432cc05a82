import { type Connection, connectionOf } from "../connection/Connection";
import type { RemoteCallback } from "../replies/PendingReply";
import type { Socket } from "node:net";
import { SockhopError } from "../SockhopError";
import type { SockhopServer } from "./SockhopServer";
import { LazyEmitter } from "../emitter/LazyEmitter";
import type { CallbackOptions } from "../replies/PendingCallback";
import type { SockhopResponseReadableStream } from "../replies/ResponseReadableStream";
import { type Stats, statsOf } from "../diagnostics/Stats";
import type { EndOptions } from "../connection/GracefulClose";
import type { RequestOptions } from "../mixins/Requests";
import type { AnswerTo, Message, Protocol, ReplyTo, RequestData } from "../Protocol";

/**
 * Your place on one connection of a server: made for each, kept while it lasts, and given to every handler.
 *
 * Extend it and pass the class as `session_type`. A constructor of your own gets `(socket, server)`; it need not pass
 * them on.
 *
 * It is an EventEmitter for events of your own; the library emits none on it.
 *
 * In order: constructed → `start()` → listed in `sockets` and `sessions` → `connect` → … → `end()` → not listed →
 * `disconnect`.
 *
 * @typeParam P - what the two ends say to each other, a {@link Protocol}; without it everything is loose
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol everything is loose
export class SockhopSession<P extends Protocol = any> extends LazyEmitter {
    // Not #private: a session may be behind a Proxy. 1.8 has them under these names.
    /** @internal */
    protected _sock: Socket | undefined;
    /** @internal */
    protected _server: SockhopServer<P> | undefined;

    constructor(sock?: Socket, server?: SockhopServer<P>) {
        super();
        this._sock = sock;
        this._server = server;
    }

    /** The connection. */
    get sock(): Socket {
        return this._sock as Socket;
    }

    get server(): SockhopServer<P> {
        return this._server as SockhopServer<P>;
    }

    /**
     * To override: called once, before the connection counts. When it returns a promise that is waited for.
     *
     * Throw or reject to refuse the connection: it is closed without a `connect` event, and the server emits `error`.
     * The same happens when it takes longer than the server's `session_timeout` (`ERR_SESSION_TIMEOUT`). Nothing is
     * read from the connection before it has resolved; what the client has sent meanwhile waits, in buffers of the
     * system and of Node.
     */
    start(): unknown {
        return undefined;
    }

    /**
     * To override: called once when the connection ends, for each `start()` that has resolved. When it returns a
     * promise, `disconnect` waits for that, for at most `session_timeout`; when it fails, the server emits `error`, and
     * `disconnect` all the same.
     */
    end(): unknown {
        return undefined;
    }

    /** Bytes that wait to be sent to this client. When there were many, `drain` of the server follows. */
    get buffered(): number {
        return connectionOf(this._sock)?.buffered ?? 0;
    }

    /** What this connection has done so far, also when it has ended. A new object each time. */
    get stats(): Stats {
        const connection = connectionOf(this._sock);
        return { ...statsOf(connection ? [connection] : []), round_trip: connection?.pings?.roundTrip };
    }

    /** {@link SockhopServer.send} to this client. */
    send<V extends Message<P, "server">>(
        value: V,
        callback?: RemoteCallback<ReplyTo<P, "server", V>> | null,
        options?: CallbackOptions | null,
    ): Promise<void> {
        return this._server ? this._server.send(this.sock, value, callback, options) : unbound();
    }

    /** {@link SockhopServer.request} to this client. */
    request<V extends RequestData<P, "server">>(
        value?: V,
        options?: RequestOptions | null,
    ): Promise<SockhopResponseReadableStream<AnswerTo<P, "server", V>>> {
        return this._server ? this._server.request(this.sock, value, options) : unbound();
    }

    /** {@link SockhopServer.ask} to this client. */
    ask<V extends RequestData<P, "server">>(
        value?: V,
        options?: RequestOptions | null,
    ): Promise<AnswerTo<P, "server", V>> {
        return this._server ? this._server.ask(this.sock, value, options) : unbound();
    }

    /** {@link SockhopServer.kill_socket} for this client. */
    kill(options?: EndOptions | null): Promise<void> {
        return this._server ? this._server.kill_socket(this.sock, options) : unbound();
    }

    /** The same as `kill()`. */
    [Symbol.asyncDispose](): Promise<void> {
        return this.kill();
    }

    /**
     * For classes whose constructor does not pass on what it gets.
     *
     * @internal
     */
    _bind(sock: Socket, server: SockhopServer<P>): void {
        this._sock = sock;
        this._server = server;
    }
}

/** Members of a server that concern its connections and their sessions. */
export interface Sessioned {
    /** Sockets of all connections, oldest first. A new array each time. */
    readonly sockets: Socket[];

    /** Session of each connection, in the order of `sockets`. A new array each time. */
    readonly sessions: SockhopSession[];

    /** @internal */
    _startSession(connection: Connection): void;

    /** @internal */
    _active(): Connection[];
}

/** Outcome of the methods of a session that was made by hand. */
function unbound(): Promise<never> {
    return Promise.reject(new SockhopError("The session has no connection", "ERR_NO_SOCKET"));
}
