import net from "node:net";
import type tls from "node:tls";
import { Sockhop } from "./Sockhop";
import { SockhopError } from "./SockhopError";
import { SockhopSession } from "./SockhopSession";
import { type Connection, type RemoteCallback, ignorable, lost } from "./core/Connection";
import type { Reply } from "./core/Endpoint";
import { Listener } from "./core/Listener";
import type { SockhopResponseReadableStream } from "./core/ResponseReadableStream";
import { type ServerOptions, milliseconds, place, secure } from "./core/options";
import type { ServerEvents } from "./events";
import { type RequestOptions, single } from "./mixins/Requests";
import { Sessions } from "./mixins/Sessions";
import type { SockhopPing } from "./protocol/SockhopPing";

/**
 * The end that listens.
 *
 * Call `listen()` to begin and `close()` to end; it can listen again afterwards. See {@link ServerEvents} for what it
 * emits.
 */
export class SockhopServer extends Sessions(Sockhop)<ServerEvents> {
    /** Path of the Unix domain socket, or `null`. This, address and port are read by `listen()`. */
    path: string | null;
    address: string;
    port: number;
    #listener: Listener;
    readonly #Session: NonNullable<ServerOptions["session_type"]>;
    readonly #sessionTimeout: number;
    readonly #tls: tls.TlsOptions | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator or a time that is none. */
    constructor(options: ServerOptions = {}) {
        super(options);
        ({ path: this.path, address: this.address, port: this.port } = place(options, true));
        this.#Session = options.session_type ?? SockhopSession;
        this.#sessionTimeout = milliseconds("session_timeout", options.session_timeout, 30_000);
        this.#tls = secure(options.ssl, options.ssl_options);
        if (this.#tls) {
            this.#tls.handshakeTimeout = milliseconds("handshakeTimeout", this.#tls.handshakeTimeout, 10_000);
        }
        this.#listener = this.#createListener();
    }

    /** Node's server underneath; replaced by a new one on `close()`. */
    get server(): net.Server {
        return this.#listener.server;
    }

    /** For each socket its newest pings, at most four. A new map each time. */
    get pings(): Map<net.Socket, SockhopPing[]> {
        return new Map(this._listed().map(({ socket, pings }) => [socket, pings]));
    }

    /**
     * Begins to listen: on `path`, or on `port` of `address`. A second call before the first has settled joins it.
     *
     * Resolves to Node's server. Rejects with
     * - the error of Node, as it is: `EADDRINUSE`, `EACCES`, `ERR_SERVER_ALREADY_LISTEN` …; errors of the system are
     *   also emitted as `error` when somebody listens to that
     * - `ERR_ABORTED` when `close()` is called meanwhile
     */
    listen(): Promise<net.Server> {
        return this.#listener.listen(this);
    }

    /**
     * Ends all connections and stops listening and pinging. What was sent before still goes out, for at most 5 s.
     *
     * Resolves when every socket is gone. Never rejects; may be called at any time. `listen()` may be called again at
     * once.
     */
    close(): Promise<void> {
        const closed = this.#listener.close();
        this.#listener = this.#createListener();
        void this.disconnect();
        return closed;
    }

    /**
     * Ends all connections and turns pings off, but goes on listening.
     *
     * When the call returns, `sockets` is empty; `disconnect` follows for each. What was sent before still goes out,
     * for at most 5 s. Resolves, when it has, to an array with one `undefined` for each connection.
     */
    disconnect(): Promise<undefined[]> {
        this.ping(0);
        const connections = [...this._connections.values()];
        for (const connection of connections) this._drop(connection);
        return Promise.all(connections.map((connection) => connection.end()));
    }

    /**
     * Sends a value to one client: anything that JSON can express, also `null`. It gets it with the name of its class.
     *
     * Resolves when the system has the bytes, which says nothing about the peer; awaiting it paces. Rejects with
     * - `ERR_NO_SOCKET` when `socket` is no socket
     * - `ERR_SOCKET_DESTROYED` when it is not (or no longer) one of `sockets`, or breaks before the system has all
     *   bytes
     * - `ERR_BAD_DATA` for what JSON cannot express: `undefined`, functions, symbols, BigInt, cycles
     * - `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is no object, to peers of type `"json"`, without
     *   `allow_non_objects`
     *
     * @param socket - one of `sockets`
     * @param value - what to send
     * @param callback - called once with the answer, if one comes, and its `{ type }`; dropped when the connection ends
     * @throws {@link SockhopError} `ERR_REMOTE_CALLBACK_TYPE` when `callback` is no function, or peers are `"json"`
     */
    send(socket: net.Socket, value: unknown, callback?: RemoteCallback | null): Promise<void> {
        const connection = this._connections.get(socket);
        return connection ? this._send(connection, value, callback) : Promise.reject(stranger(socket));
    }

    /**
     * Sends a value to all clients. It is encoded once.
     *
     * Resolves to an array with one `undefined` for each connection, to `[]` without connections. Rejects as `send()`
     * does, as soon as one connection fails; the others get the value all the same.
     */
    sendall(value: unknown): Promise<undefined[]> {
        const connections = this._listed();
        if (connections.length === 0) return Promise.resolve([]);
        try {
            const bytes = this._encode(this._wrap(value));
            return ignorable(Promise.all(connections.map((connection) => this.#write(connection, bytes))));
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
     * - `ERR_ABORTED` when `signal` is aborted already
     *
     * What goes wrong afterwards ends the stream; see {@link SockhopResponseReadableStream}. Peers before 1.8 do not
     * know requests and never answer. `undefined` is sent as `{}`.
     */
    request(socket: net.Socket, value: unknown, options?: RequestOptions): Promise<SockhopResponseReadableStream> {
        const connection = this._connections.get(socket);
        return connection ? this._request(connection, value, options) : Promise.reject(stranger(socket));
    }

    /**
     * Sends a request to one client, and resolves to its answer: the data of the first packet. Rejects as `request()`
     * does, and as `next()` of the stream does.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the peer has answered
    ask(socket: net.Socket, value: unknown, options?: RequestOptions): Promise<any> {
        return single(this.request(socket, value, options));
    }

    /**
     * Ends one connection.
     *
     * When the call returns, `sockets` does not hold it any more; `disconnect` follows. What was sent before still goes
     * out, for at most 5 s; resolves when it has. Does nothing with a socket that has gone. Rejects with
     * `ERR_NO_SOCKET` when it is no socket.
     */
    kill_socket(socket: net.Socket): Promise<void> {
        const connection = this._connections.get(socket);
        if (!connection) return socket instanceof net.Socket ? Promise.resolve() : Promise.reject(stranger(socket));
        this._drop(connection);
        return connection.end();
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
        this.emit("receive", value, callback ? { type, socket, session, callback } : { type, socket, session });
    }

    // The next two are what Sessions asks for.
    /** @internal */
    protected _createSession(socket: net.Socket): SockhopSession {
        const session = new this.#Session(socket, this);
        session._bind(socket, this);
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

    #createListener(): Listener {
        const listener: Listener = new Listener(this.#tls, {
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

    #write(connection: Connection, bytes: Buffer): Promise<undefined> {
        if (!connection.socket.destroyed) return connection.write(bytes);
        this._drop(connection);
        return Promise.resolve(undefined);
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
