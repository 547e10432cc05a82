import type { Socket } from "node:net";
import type { Exchange, ReceiveMeta, Received, Requested } from "../endpoint/events";
import type { Protocol } from "../Protocol";
import type { SockhopSession } from "./SockhopSession";

/* eslint-disable @typescript-eslint/no-explicit-any -- what a peer has sent: who knows what it is should not have to cast */

/** What comes with a request that a server has received. */
export interface RequestMeta<P extends Protocol = any> {
    /** The connection it came from. */
    socket: Socket;
    session: SockhopSession<P>;
}

/** What comes with a value that a server has received. */
export interface ServerReceiveMeta<P extends Protocol = any, Type extends string = string, Answer = any>
    extends ReceiveMeta<Type, Answer>, RequestMeta<P> {}

/** Events of a {@link SockhopServer}. For each type of a value there are also `receive:TYPE` and `request:TYPE`. */
export type ServerEvents<P extends Protocol = any> = ServerOnlyEvents<P> &
    Exchange<Received<P, "client", RequestMeta<P>>, Requested<P, "client", [meta: RequestMeta<P>]>>;

/** Events of a {@link SockhopServer}, without what clients send. */
export interface ServerOnlyEvents<P extends Protocol = any> {
    /** A client has connected and its session has started; `sockets` and `sessions` hold it already. */
    connect: [socket: Socket, session: SockhopSession<P>];
    /**
     * A client is gone, whatever ended the connection, and its session has ended; `sockets` and `sessions` do not hold
     * it any more. Once for each `connect`.
     */
    disconnect: [socket: Socket, session: SockhopSession<P>];
    /** As on the client. */
    drain: [socket: Socket, session: SockhopSession<P>];
    /**
     * As on the client; also what `start()` and `end()` of a session have thrown, and, with `null` for socket and
     * session, errors of the listening socket, failed TLS handshakes and connections beyond `max_connections`. Listening
     * is optional.
     */
    error: [error: Error, socket: Socket | null, session: SockhopSession<P> | null];
}
