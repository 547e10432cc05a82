import type { Socket } from "node:net";
import type { Reply } from "./core/Endpoint";

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
     * Either a frame that is not what it should be (a {@link SockhopError}; the connection goes on) or an unusual end of the
     * connection (an error of Node; `disconnect` follows). Listening is optional.
     */
    error: [error: Error, socket: Socket | null];
}

/** Events of a {@link SockhopServer}. */
export interface ServerEvents {
    /** A client has connected; `sockets` holds it already. */
    connect: [socket: Socket];
    /** A client is gone, whatever ended the connection; `sockets` does not hold it any more. Once for each `connect`. */
    disconnect: [socket: Socket];
    /** A value has arrived, in the turn of its last byte. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
    receive: [value: any, meta: ServerReceiveMeta];
    /** As on the client; also errors of the listening socket, with `null` for a socket. Listening is optional. */
    error: [error: Error, socket: Socket | null];
}
