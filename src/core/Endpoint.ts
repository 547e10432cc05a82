import type { Socket } from "node:net";
import { SockhopError } from "../SockhopError";
import { typeName } from "../protocol/typeName";
import { Connection } from "./Connection";
import { ObjectBuffer } from "./ObjectBuffer";
import { type EventMap, TypedEmitter } from "./TypedEmitter";
import { type Envelope, stringify, wrap } from "./envelope";
import { type SockhopOptions, milliseconds } from "./options";
import { surface, tell } from "./tell";

/** Answers the message it came with. */
export type Reply = (value?: unknown) => void;

/** How a connection ends when the peer goes away in the middle: an end like any other, and no error. */
const DEPARTURES: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE"]);

/**
 * What client and server share: some connections, one way in and one way out for each, and the way of a message.
 *
 * In: `_attach` when there is a socket, `_open` when it counts as connected. Out: `_drop`, whatever the reason. The
 * mixins extend the hooks `_received` and `_closed`.
 */
// The default lets mixins and their tests say `Endpoint` where the events do not matter.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export abstract class Endpoint<E extends EventMap<E> = any> extends TypedEmitter<E> {
    /** @internal */
    protected readonly _connections = new Map<Socket, Connection>();
    /**
     * Peers speak JSON without an envelope.
     *
     * @internal
     */
    protected readonly _bare: boolean;
    /**
     * Milliseconds for the answer to a request.
     *
     * @internal
     */
    protected readonly _responseTimeout: number;
    readonly #options: SockhopOptions;
    readonly #encoder: ObjectBuffer;
    #warned = false;

    constructor(options: SockhopOptions) {
        super();
        this.#options = options;
        this.#encoder = new ObjectBuffer(options);
        this._bare = options.peer_type === "json";
        this._responseTimeout = milliseconds("response_timeout", options.response_timeout, 30_000);
    }

    /**
     * Takes a socket into our care: from now on its errors and its end are noticed.
     *
     * @internal
     */
    protected _attach(socket: Socket): Connection {
        const connection = new Connection(socket, new ObjectBuffer(this.#options));
        this._connections.set(socket, connection);
        connection.buffer.on("error", (error: Error) => {
            this._report(error, connection);
        });
        socket.setNoDelay();
        socket.on("end", () => {
            // In the middle of a TLS handshake an error follows, which tells more.
            if (connection.state === "open") this._drop(connection);
        });
        socket.on("close", () => {
            this._drop(connection);
        });
        socket.on("error", (error: NodeJS.ErrnoException) => {
            connection.error = error;
            const unusual = connection.state === "open" && !DEPARTURES.has(error.code);
            if (unusual) this.#tellError(error, connection);
            this._drop(connection);
        });
        return connection;
    }

    /**
     * The connection is up: says so, and begins to read. Not before, so that `connect` precedes the first `receive`.
     *
     * @internal
     */
    protected _open(connection: Connection): void {
        connection.state = "open";
        connection.openedAt = performance.now();
        tell(this, "connect", ...this._about(connection));
        this._read(connection);
    }

    /** @internal */
    protected _read(connection: Connection): void {
        connection.socket.on("data", (chunk) => {
            this.#take(connection, chunk);
        });
    }

    /**
     * The one way out. What was sent still goes out; what arrives from now on is ignored.
     *
     * @internal
     */
    protected _drop(connection: Connection): void {
        if (connection.state === "closed") return;
        const opened = connection.state === "open";
        connection.state = "closed";
        this._connections.delete(connection.socket);
        void connection.end();
        this._closed(connection, opened);
    }

    /**
     * Drops a connection without letting anything more go out: the peer would not read it.
     *
     * @internal
     */
    protected _cut(connection: Connection): void {
        connection.socket.destroy();
        this._drop(connection);
    }

    /**
     * A connection is gone.
     *
     * @param opened - whether it has been announced by `connect`
     * @internal
     */
    protected _closed(connection: Connection, opened: boolean): void {
        if (opened) this._disconnected(connection);
    }

    /**
     * Says that a connection is gone.
     *
     * @internal
     */
    protected _disconnected(connection: Connection): void {
        tell(this, "disconnect", ...this._about(connection));
    }

    /**
     * The arguments of an event that say which connection it is about.
     *
     * @internal
     */
    protected _about(connection: Connection | null): unknown[] {
        return [connection ? connection.socket : null];
    }

    /**
     * Encodes and writes; what cannot be encoded is a rejection.
     *
     * @internal
     */
    protected _transmit(connection: Connection, envelope: Envelope): Promise<void> {
        try {
            return connection.write(this._encode(envelope));
        } catch (error) {
            return Promise.reject(error);
        }
    }

    /**
     * A user's value, as a message.
     *
     * @throws {@link SockhopError} `ERR_BAD_DATA`
     * @internal
     */
    protected _wrap(value: unknown): Envelope {
        return this._bare ? { data: value } : wrap(value);
    }

    /**
     * The bytes of a message.
     *
     * @throws {@link SockhopError} `ERR_BAD_DATA`, `ERR_OBJECTBUFFER_BAD_OBJECT`
     * @internal
     */
    protected _encode(envelope: Envelope): Buffer {
        return this._bare ? this.#encoder.encode(envelope.data) : this.#encoder.frame(stringify(envelope));
    }

    /**
     * A message has come in; the first mixin that knows it keeps it.
     *
     * @internal
     */
    protected _received(connection: Connection, envelope: Envelope): void {
        this._deliver(connection, envelope.data, envelope.type as string);
    }

    /**
     * Gives a value to the user.
     *
     * @internal
     */
    protected abstract _deliver(connection: Connection, value: unknown, type: string, callback?: Reply): void;

    /**
     * Something is wrong with what a peer has sent. It is an `error` event for those who listen; for others one warning
     * in the life of this object, since a peer must not be able to end a program that has no handler.
     *
     * @internal
     */
    protected _report(error: Error & { code?: string }, connection: Connection | null): void {
        if (this.#tellError(error, connection) || this.#warned) return;
        this.#warned = true;
        process.emitWarning(`${error.message.trim()} (listen to "error" to see each such event)`, {
            type: "SockhopWarning",
            ...(error.code !== undefined && { code: error.code }),
        });
    }

    /** Emits `error`, and says whether anybody listens. Without a listener Node would throw it. */
    #tellError(error: Error, connection: Connection | null): boolean {
        if (this.listenerCount("error") === 0) return false;
        tell(this, "error", error, ...this._about(connection));
        return true;
    }

    #take(connection: Connection, chunk: Buffer): void {
        if (connection.state === "closed") return;
        let frames: unknown[];
        try {
            frames = connection.buffer.buf2obj(chunk);
        } catch (error) {
            connection.socket.destroy(error as Error); // a frame that does not fit into memory
            return;
        }
        for (const frame of frames) {
            // A handler may have ended the connection. (The compiler does not see that it may have changed.)
            if ((connection.state as string) === "closed") return;
            try {
                this.#dispatch(connection, frame);
            } catch (error) {
                surface(error);
            }
        }
    }

    #dispatch(connection: Connection, frame: unknown): void {
        if (this._bare) {
            this._deliver(connection, frame, typeName(frame));
        } else if (typeof frame === "object" && frame !== null && !Array.isArray(frame)) {
            this._received(connection, frame);
        } else {
            const message = "Skipping corrupted data in buffer: the frame is not an envelope";
            this._report(new SockhopError(message, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA"), connection);
        }
    }
}
