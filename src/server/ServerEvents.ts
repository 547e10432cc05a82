import type { ErrorWithCode } from "../SockhopError";
import type { Socket } from "node:net";
import type { DisconnectReason } from "../connection/DisconnectReason";
import type {
    ClassEvents,
    Exchange,
    MessageOf,
    ReceiveMeta,
    Received,
    Requested,
    TypeEvents,
} from "../endpoint/events";
import type { HandlerContext } from "../endpoint/Handler";
import type { ResumeInfo } from "../mixins/Resume";
import type { Classes, Protocol } from "../Protocol";
import type { SockhopSession } from "./SockhopSession";

/* eslint-disable @typescript-eslint/no-explicit-any -- values of a peer: a program that knows the type need not cast */

/** Third argument of `request` on a server. `S`: class of the sessions. */
export interface RequestMeta<P extends Protocol = any, S extends SockhopSession<P> = SockhopSession<P>> {
    /** Socket of the client. */
    socket: Socket;
    session: S;
}

/** Second argument of `receive` on a server. `S`: class of the sessions. */
export interface ServerReceiveMeta<
    P extends Protocol = any,
    Type extends string = string,
    Answer = any,
    S extends SockhopSession<P> = SockhopSession<P>,
>
    extends ReceiveMeta<Type, Answer>, RequestMeta<P, S> {}

/**
 * Events of a {@link SockhopServer}, with `receive:TYPE` and `request:TYPE` for each type of a value. `S`: class of the
 * sessions.
 */
export type ServerEvents<P extends Protocol = any, S extends SockhopSession<P> = SockhopSession<P>> = ServerNamedEvents<
    P,
    S
> &
    ServerTypeEvents<P, S>;

type Messages<P extends Protocol, S extends SockhopSession<P>> = Received<P, "client", RequestMeta<P, S>>;
type Requests<P extends Protocol, S extends SockhopSession<P>> = Requested<P, "client", [meta: RequestMeta<P, S>]>;

/** Message of a client, in a loop over {@link SockhopServer.messages}. `S`: class of the sessions. */
export type ServerMessage<P extends Protocol = any, S extends SockhopSession<P> = SockhopSession<P>> = MessageOf<
    Messages<P, S>
>;

/** Events of a {@link SockhopServer} whose names do not depend on the protocol. */
export interface ServerNamedEvents<P extends Protocol = any, S extends SockhopSession<P> = SockhopSession<P>>
    extends ServerOnlyEvents<P, S>, Exchange<Messages<P, S>, Requests<P, S>, [meta: RequestMeta<P, S>]> {}

/** Events of a {@link SockhopServer}, one for each type of a value. */
export type ServerTypeEvents<
    P extends Protocol = any,
    S extends SockhopSession<P> = SockhopSession<P>,
    C = Classes,
> = TypeEvents<Messages<P, S>, Requests<P, S>> & ClassEvents<P, C, RequestMeta<P, S>, [meta: RequestMeta<P, S>]>;

/** Events of a {@link SockhopServer}, without the values and requests of clients. */
export interface ServerOnlyEvents<P extends Protocol = any, S extends SockhopSession<P> = SockhopSession<P>> {
    /** Emitted when a client has connected and its session has started. `sockets` and `sessions` already include it. */
    connect: [socket: Socket, session: S];
    /** Emitted when a client and this server, both with `codec`, have agreed on a codec. See {@link SockhopSession.codec}. */
    codec: [name: string, socket: Socket, session: S];
    /** Emitted like {@link ClientOnlyEvents.interrupted}. The session is suspended: it stays in `sockets` and `sessions`. */
    interrupted: [error: ErrorWithCode, socket: Socket, session: S];
    /** Emitted like {@link ClientOnlyEvents.resumed}, with the new socket of the session. */
    resumed: [info: ResumeInfo, socket: Socket, session: S];
    /**
     * Emitted when the connection of a client has closed, for any reason, and its session has ended. `sockets` and
     * `sessions` no longer include it. Exactly once for each `connect`.
     */
    disconnect: [socket: Socket, session: S, reason: DisconnectReason];
    /** Emitted like {@link ClientOnlyEvents.drain}, for the buffer of one client. */
    drain: [socket: Socket, session: S];
    /**
     * Emitted like {@link ClientOnlyEvents.error}, and for exceptions in `start()` and `end()` of a session. With
     * `null` for socket and session: errors of the listening socket, failed TLS handshakes, and connections above
     * `max_connections`. A listener is optional.
     */
    error: [error: ErrorWithCode, socket: Socket | null, session: S | null];
}

/** Second argument of a handler on a server. `S`: class of the sessions. */
export interface ServerHandlerContext<S = SockhopSession, Type extends string = string> extends HandlerContext<Type> {
    session: S;
}
