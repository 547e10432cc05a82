import type { Socket } from "node:net";
import type { SockhopSession } from "./SockhopSession";
import type { Reply } from "./core/Messenger";
import type { SockhopResponseWriteableStream } from "./core/ResponseWriteableStream";
import type { SockhopRequest } from "./protocol/SockhopRequest";

/** What comes with a value that a client has received. */
export interface ReceiveMeta {
    /** Class name of the value at the sender: `"Object"`, `"String"`, `"Widget"` … */
    type: string;
    /**
     * Answers the message; there only when the sender asked. The first call counts, further ones do nothing. Without a
     * value the answer is `{}`.
     *
     * Throws a {@link SockhopError}: `ERR_SOCKET_DESTROYED` when the connection has gone, `ERR_BAD_DATA` for what JSON
     * cannot express.
     */
    callback?: Reply;
}

/** What comes with a value that a server has received. */
export interface ServerReceiveMeta extends ReceiveMeta {
    /** The connection it came from. */
    socket: Socket;
    session: SockhopSession;
}

/** What comes with a request that a server has received. */
export interface RequestMeta {
    /** The connection it came from. */
    socket: Socket;
    session: SockhopSession;
}

/** Events of a {@link SockhopClient}. */
export interface ClientEvents {
    /** Connected; before the promise of `connect()` resolves. */
    connect: [socket: Socket];
    /** The connection is gone, whatever ended it. Exactly once for each `connect`. */
    disconnect: [socket: Socket];
    /** A value has arrived, in the turn of its last byte. */
    // The value is what the peer has sent. A user who knows what that is should not have to cast.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    receive: [value: any, meta: ReceiveMeta];
    /**
     * Nothing waits to be sent any more, after more had waited than Node buffers without complaint (`writableHighWaterMark`
     * of the socket, 16 or 64 KiB).
     */
    drain: [socket: Socket];
    /**
     * Either a frame that is not what it should be (a {@link SockhopError}; the connection goes on), or a limit that the
     * peer has passed, or an unusual end of the connection (an error of Node; `disconnect` follows). Listening is
     * optional.
     */
    error: [error: Error, socket: Socket | null];
    /**
     * The server asks; answer by `response`. A handler that throws or rejects has answered that the request has failed,
     * and what it threw surfaces as an exception that nobody has caught. Without any handler the server is told that
     * nobody handles requests here.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
    request: [request: SockhopRequest<any>, response: SockhopResponseWriteableStream];
    /**
     * With `auto_reconnect`: attempt number so and so since the last connection that lasted will begin in `delay`
     * milliseconds. With the error that has ended the last attempt or connection, if there was one: `ECONNREFUSED`, a
     * certificate that is not trusted …
     */
    reconnecting: [attempt: number, delay: number, error: Error | undefined];
}

/** Events of a {@link SockhopServer}. */
export interface ServerEvents {
    /** A client has connected and its session has started; `sockets` and `sessions` hold it already. */
    connect: [socket: Socket, session: SockhopSession];
    /**
     * A client is gone, whatever ended the connection, and its session has ended; `sockets` and `sessions` do not hold
     * it any more. Once for each `connect`.
     */
    disconnect: [socket: Socket, session: SockhopSession];
    /** A value has arrived, in the turn of its last byte. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
    receive: [value: any, meta: ServerReceiveMeta];
    /** As on the client. */
    drain: [socket: Socket, session: SockhopSession];
    /**
     * As on the client; also what `start()` and `end()` of a session have thrown, and, with `null` for socket and
     * session, errors of the listening socket, failed TLS handshakes and connections beyond `max_connections`. Listening
     * is optional.
     */
    error: [error: Error, socket: Socket | null, session: SockhopSession | null];
    /** A client asks; otherwise as on the client. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
    request: [request: SockhopRequest<any>, response: SockhopResponseWriteableStream, meta: RequestMeta];
}
