import net from "node:net";
import tls from "node:tls";
import { Sockhop } from "./Sockhop";
import { SockhopError } from "./SockhopError";
import { Attempt } from "./core/Attempt";
import { type Connection, type RemoteCallback, lost } from "./core/Connection";
import type { Reply } from "./core/Endpoint";
import type { SockhopResponseReadableStream } from "./core/ResponseReadableStream";
import { type ClientOptions, milliseconds, place, secure } from "./core/options";
import type { ClientEvents } from "./events";
import { AutoReconnect, type Pauses } from "./mixins/AutoReconnect";
import { type RequestOptions, single } from "./mixins/Requests";
import type { SockhopPing } from "./protocol/SockhopPing";

/**
 * The end that connects.
 *
 * Nothing is opened until `connect()` is called or `auto_reconnect` is set. It can be connected again after it was
 * disconnected. See {@link ClientEvents} for what it emits.
 */
export class SockhopClient extends AutoReconnect(Sockhop)<ClientEvents> {
    /** Path of the Unix domain socket, or `null`. This, address and port are read at each attempt to connect. */
    path: string | null;
    address: string;
    port: number;
    /** @internal */
    protected _connectTimeout: number;
    readonly #reconnectInterval: number;
    readonly #reconnectCap: number;
    readonly #tls: tls.ConnectionOptions | undefined;
    #attempt: Attempt | undefined;
    #socket: net.Socket | null | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator or a time that is none. */
    constructor(options: ClientOptions = {}) {
        super(options);
        ({ path: this.path, address: this.address, port: this.port } = place(options, false));
        this._connectTimeout = milliseconds("connect_timeout", options.connect_timeout, 5000);
        this.#reconnectInterval = milliseconds("auto_reconnect_interval", options.auto_reconnect_interval, 2000);
        this.#reconnectCap = milliseconds("auto_reconnect_max_interval", options.auto_reconnect_max_interval, 0);
        this.#tls = secure(options.ssl, options.ssl_options);
        if (options.auto_reconnect) this.auto_reconnect = true;
    }

    /** Whether there is a connection: true from just before `connect` until just before `disconnect`. */
    get connected(): boolean {
        return this.#connection?.state === "open";
    }

    /**
     * The socket of the connection, or of the attempt at one: `undefined` before the first attempt, `null` when a
     * connection or an attempt has ended.
     *
     * Assigning a socket of your own makes the client read from it and write to it instead; `connected` stays false and
     * there is no `connect` event. Assigning `null` ends the connection.
     */
    get socket(): net.Socket | null | undefined {
        return this.#socket;
    }

    set socket(socket: net.Socket | null | undefined) {
        if (socket === this.#socket) return;
        this.#abort();
        if (socket) this._read(this.#use(socket));
        else this.#leave();
    }

    /** The newest pings of this connection, at most four. Emptied by `ping()` and when the connection ends. */
    get pings(): SockhopPing[] {
        return this.#connection?.pings ?? [];
    }

    get #connection(): Connection | undefined {
        return this.#socket ? this._connections.get(this.#socket) : undefined;
    }

    /**
     * Connects. Resolves after the `connect` event, at once when connected already. It joins an attempt that
     * `auto_reconnect` has under way. After a rejection it can be called again.
     *
     * Rejects with
     * - the error of Node that ended the attempt, as it is: `ECONNREFUSED`, `ENOENT`, `EACCES` …
     * - `ERR_CONNECT_TIMEOUT` after `connect_timeout` milliseconds
     * - `ERR_MULTICONNECT` when an earlier call has not settled yet
     * - `ERR_ABORTED` when `disconnect()` is called meanwhile
     */
    connect(): Promise<void> {
        if (this.connected) return Promise.resolve();
        if (!this.#attempt) return this.#dial(false);
        if (!this.#attempt.automatic) {
            return Promise.reject(new SockhopError("connect() has been called already", "ERR_MULTICONNECT"));
        }
        this.#attempt.automatic = false;
        return this.#attempt.promise.then();
    }

    /**
     * Ends the connection, or the attempt at one, and turns pings and `auto_reconnect` off.
     *
     * When the call returns, `connected` is false and `disconnect` has been emitted. What was sent before still goes
     * out, for at most 5 s; the promise resolves when it has. Never rejects; does nothing on a client that is not
     * connected.
     */
    disconnect(): Promise<void> {
        this.auto_reconnect = false;
        this.ping(0);
        this.#abort();
        const connection = this.#connection;
        if (!connection) return Promise.resolve();
        this._drop(connection);
        return connection.end();
    }

    /**
     * Sends a value: anything that JSON can express, also `null`. The peer gets it with the name of its class.
     *
     * Resolves when the system has the bytes, which says nothing about the peer; awaiting it paces. Rejects with
     * - `ERR_SOCKET_DESTROYED` without a connection, or when it breaks before the system has all bytes. (From the turn
     *   after `connect()` on there is a socket, and a message waits for it to be connected.)
     * - `ERR_BAD_DATA` for what JSON cannot express: `undefined`, functions, symbols, BigInt, cycles
     * - `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is no object, to a peer of type `"json"`, without
     *   `allow_non_objects`
     *
     * @param value - what to send
     * @param callback - called once with the answer, if one comes, and its `{ type }`; dropped when the connection ends
     * @throws {@link SockhopError} `ERR_REMOTE_CALLBACK_TYPE` when `callback` is no function, or the peer is `"json"`
     */
    send(value: unknown, callback?: RemoteCallback | null): Promise<void> {
        const connection = this.#connection;
        return connection ? this._send(connection, value, callback) : Promise.reject(lost());
    }

    /**
     * Sends a request, and resolves to the stream of its answer when the system has the bytes. The peer's `request`
     * handler answers.
     *
     * Rejects as `send()` does, and with
     * - `ERR_REQUEST_TYPE` when the peer is `"json"`
     * - `ERR_ABORTED` when `signal` is aborted already
     *
     * What goes wrong afterwards ends the stream; see {@link SockhopResponseReadableStream}. Peers before 1.8 do not
     * know requests and never answer. `undefined` is sent as `{}`.
     */
    request(value: unknown, options?: RequestOptions): Promise<SockhopResponseReadableStream> {
        const connection = this.#connection;
        return connection ? this._request(connection, value, options) : Promise.reject(lost());
    }

    /**
     * Sends a request, and resolves to its answer: the data of the first packet. Rejects as `request()` does, and as
     * `next()` of the stream does.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the peer has answered
    ask(value: unknown, options?: RequestOptions): Promise<any> {
        return single(this.request(value, options));
    }

    /**
     * The local IP address; `undefined` on a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` without a socket
     */
    get_bound_address(): string | undefined {
        if (!this.#socket) throw new SockhopError("The client has no socket", "ERR_NO_SOCKET");
        return (this.#socket.address() as Partial<net.AddressInfo>).address;
    }

    // The next three are what AutoReconnect asks for.
    /** @internal */
    protected get _pauses(): Pauses {
        return { interval: this.#reconnectInterval, cap: this.#reconnectCap };
    }

    /** @internal */
    protected _redial(): void {
        if (!this.connected && !this.#attempt) void this.#dial(true);
    }

    /** @internal */
    protected _cancel(): void {
        if (this.#attempt?.automatic) this.#abort();
    }

    /** @internal */
    protected override _closed(connection: Connection, opened: boolean): void {
        const attempt = this.#attempt;
        if (attempt?.connection === connection) {
            this.#attempt = undefined;
            attempt.fail(connection.error ?? new SockhopError("The socket was closed", "ERR_ABORTED"));
        }
        super._closed(connection, opened);
        if (this.#socket === connection.socket) this.#socket = null;
    }

    /** @internal */
    protected override _deliver(_from: Connection, value: unknown, type: string, callback?: Reply): void {
        this.emit("receive", value, callback ? { type, callback } : { type });
    }

    /** @internal */
    protected _context(): unknown[] {
        return [];
    }

    #dial(automatic: boolean): Promise<void> {
        const attempt = new Attempt(automatic, () => {
            this.#begin(attempt);
        });
        this.#attempt = attempt;
        return attempt.promise;
    }

    #begin(attempt: Attempt): void {
        const connection = this.#use(
            this.#createSocket(() => {
                if (this.#attempt !== attempt) return;
                this.#attempt = undefined;
                this._open(connection);
                attempt.succeed();
            }),
        );
        attempt.connection = connection;
        attempt.limit(this._connectTimeout, () => {
            connection.error = new SockhopError("Timeout exceeded on connect()", "ERR_CONNECT_TIMEOUT");
            this._cut(connection);
        });
    }

    #createSocket(connected: () => void): net.Socket {
        try {
            const { path, port, address } = this;
            if (this.#tls) {
                return path
                    ? tls.connect({ ...this.#tls, path }, connected)
                    : tls.connect(port, address, this.#tls, connected);
            }
            return path ? net.createConnection(path, connected) : net.createConnection(port, address, connected);
        } catch (error) {
            // What Node throws at once, such as ERR_SOCKET_BAD_PORT, ends the attempt like any other error.
            return new net.Socket().destroy(error as Error);
        }
    }

    /** Makes this the socket that we speak over. */
    #use(socket: net.Socket): Connection {
        this.#leave();
        this.#socket = socket;
        return this._attach(socket);
    }

    #leave(): void {
        if (this.#connection) this._drop(this.#connection);
    }

    #abort(): void {
        const attempt = this.#attempt;
        if (!attempt) return;
        this.#attempt = undefined;
        attempt.fail(new SockhopError("disconnect() was called during connect()", "ERR_ABORTED"));
        if (attempt.connection) this._cut(attempt.connection);
    }
}
