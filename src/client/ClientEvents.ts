import type { Socket } from "node:net";
import type { Exchange, Received, Requested } from "../endpoint/events";
import type { Protocol } from "../Protocol";

/* eslint-disable @typescript-eslint/no-explicit-any -- what a peer has sent: who knows what it is should not have to cast */

/** Events of a {@link SockhopClient}. For each type of a value there are also `receive:TYPE` and `request:TYPE`. */
export type ClientEvents<P extends Protocol = any> = ClientOnlyEvents &
    Exchange<Received<P, "server", unknown>, Requested<P, "server", []>>;

/** Events of a {@link SockhopClient}, without what the server sends. */
export interface ClientOnlyEvents {
    /** Connected; before the promise of `connect()` resolves. */
    connect: [socket: Socket];
    /** The connection is gone, whatever ended it. Exactly once for each `connect`. */
    disconnect: [socket: Socket];
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
     * With `auto_reconnect`: attempt number so and so since the last connection that lasted will begin in `delay`
     * milliseconds. With the error that has ended the last attempt or connection, if there was one: `ECONNREFUSED`, a
     * certificate that is not trusted …
     */
    reconnecting: [attempt: number, delay: number, error: Error | undefined];
}
