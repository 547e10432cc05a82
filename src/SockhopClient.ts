import net from "node:net";
import { Sockhop } from "./Sockhop";
import { SockhopError } from "./SockhopError";
import { Attempt } from "./core/Attempt";
import { type Connection, type RemoteCallback, lost } from "./core/Connection";
import type { Reply } from "./core/Endpoint";
import { type ClientOptions, milliseconds, place } from "./core/options";
import type { ClientEvents } from "./events";
import { AutoReconnect } from "./mixins/AutoReconnect";
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
    readonly #connectTimeout: number;
    readonly #reconnectInterval: number;
    #attempt: Attempt | undefined;
    #socket: net.Socket | null | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator or a time that is none. */
    constructor(options: ClientOptions = {}) {
        super(options);
        ({ path: this.path, address: this.address, port: this.port } = place(options, false));
        this.#connectTimeout = milliseconds("connect_timeout", options.connect_timeout, 5000);
        this.#reconnectInterval = milliseconds("auto_reconnect_interval", options.auto_reconnect_interval, 2000);
    }

    /** Whether there is a connection: true from just before `connect` until just before `disconnect`. */
    get connected(): boolean {
        return this.#connection?.state === "open";
    }

    /**
     * The socket of the connection, or of the attempt at one: `undefined` before the first attempt, `null` when a connection
     * or an attempt has ended.
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
        else this._end_socket();
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
     * When the call returns, `connected` is false and `disconnect` has been emitted. What was sent before still goes out, for
     * at most 5 s; the promise resolves when it has. Never rejects; does nothing on a client that is not connected.
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
     * - `ERR_SOCKET_DESTROYED` without a connection, or when it breaks before the system has all bytes. (From the turn after
     *   `connect()` on there is a socket, and a message waits for it to be connected.)
     * - `ERR_BAD_DATA` for what JSON cannot express: `undefined`, functions, symbols, BigInt, cycles
     * - `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is no object, to a peer of type `"json"`, without `allow_non_objects`
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
     * The local IP address; `undefined` on a Unix domain socket.
     *
     * @throws {@link SockhopError} `ERR_NO_SOCKET` without a socket
     */
    get_bound_address(): string | undefined {
        if (!this.#socket) throw new SockhopError("The client has no socket", "ERR_NO_SOCKET");
        return (this.#socket.address() as Partial<net.AddressInfo>).address;
    }

    /**
     * Drops the connection, if there is one, and leaves `auto_reconnect` as it is. Programs written for sockhop 1.x call
     * it in a `disconnect` handler, where it has nothing to do.
     *
     * @internal
     */
    _end_socket(): void {
        if (this.#connection) this._drop(this.#connection);
    }

    // The next three are what AutoReconnect asks for.
    /** @internal */
    protected get _interval(): number {
        return this.#reconnectInterval;
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
        attempt.limit(this.#connectTimeout, () => {
            connection.error = new SockhopError("Timeout exceeded on connect()", "ERR_CONNECT_TIMEOUT");
            connection.socket.destroy();
            this._drop(connection);
        });
    }

    #createSocket(connected: () => void): net.Socket {
        try {
            return this.path
                ? net.createConnection(this.path, connected)
                : net.createConnection(this.port, this.address, connected);
        } catch (error) {
            // What Node throws at once, such as ERR_SOCKET_BAD_PORT, ends the attempt like any other error.
            return new net.Socket().destroy(error as Error);
        }
    }

    /** Makes this the socket that we speak over. */
    #use(socket: net.Socket): Connection {
        this._end_socket();
        this.#socket = socket;
        return this._attach(socket);
    }

    #abort(): void {
        const attempt = this.#attempt;
        if (!attempt) return;
        this.#attempt = undefined;
        attempt.fail(new SockhopError("disconnect() was called during connect()", "ERR_ABORTED"));
        if (!attempt.connection) return;
        attempt.connection.socket.destroy();
        this._drop(attempt.connection);
    }
}
