import type { Socket } from "node:net";
import type { DisconnectReason } from "../connection/DisconnectReason";
import type { Exchange, ReceiveMeta, Received, Requested } from "../endpoint/events";
import type { HandlerContext } from "../endpoint/Handler";
import type { Protocol } from "../Protocol";
import type { SockhopSession } from "./SockhopSession";

/* eslint-disable @typescript-eslint/no-explicit-any -- values of a peer: a program that knows the type need not cast */

/** Third argument of `request` on a server. */
export interface RequestMeta<P extends Protocol = any> {
    /** Socket of the client. */
    socket: Socket;
    session: SockhopSession<P>;
}

/** Second argument of `receive` on a server. */
export interface ServerReceiveMeta<P extends Protocol = any, Type extends string = string, Answer = any>
    extends ReceiveMeta<Type, Answer>, RequestMeta<P> {}

/** Events of a {@link SockhopServer}, with `receive:TYPE` and `request:TYPE` for each type of a value. */
export type ServerEvents<P extends Protocol = any> = ServerOnlyEvents<P> &
    Exchange<Received<P, "client", RequestMeta<P>>, Requested<P, "client", [meta: RequestMeta<P>]>>;

/** Events of a {@link SockhopServer}, without the values and requests of clients. */
export interface ServerOnlyEvents<P extends Protocol = any> {
    /** Emitted when a client has connected and its session has started. `sockets` and `sessions` already include it. */
    connect: [socket: Socket, session: SockhopSession<P>];
    /**
     * Emitted when the connection of a client has closed, for any reason, and its session has ended. `sockets` and
     * `sessions` no longer include it. Exactly once for each `connect`.
     */
    disconnect: [socket: Socket, session: SockhopSession<P>, reason: DisconnectReason];
    /** Emitted like {@link ClientOnlyEvents.drain}, for the buffer of one client. */
    drain: [socket: Socket, session: SockhopSession<P>];
    /**
     * Emitted like {@link ClientOnlyEvents.error}, and for exceptions in `start()` and `end()` of a session. With
     * `null` for socket and session: errors of the listening socket, failed TLS handshakes, and connections above
     * `max_connections`. A listener is optional.
     */
    error: [error: Error, socket: Socket | null, session: SockhopSession<P> | null];
}

/** Second argument of a handler on a server. `S`: class of the sessions. */
export interface ServerHandlerContext<S = SockhopSession, Type extends string = string> extends HandlerContext<Type> {
    session: S;
}
