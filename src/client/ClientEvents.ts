import type { ErrorWithCode } from "../SockhopError";
import type { Socket } from "node:net";
import type { DisconnectReason } from "../connection/DisconnectReason";
import type { ClassEvents, Exchange, MessageOf, Received, Requested, TypeEvents } from "../endpoint/events";
import type { ResumeInfo } from "../mixins/Resume";
import type { Classes, Protocol } from "../Protocol";

/* eslint-disable @typescript-eslint/no-explicit-any -- values of a peer: a program that knows the type need not cast */

/** Events of a {@link SockhopClient}, with `receive:TYPE` and `request:TYPE` for each type of a value. */
export type ClientEvents<P extends Protocol = any> = ClientNamedEvents<P> & ClientTypeEvents<P>;

/** Message of the server, in a loop over {@link SockhopClient.messages}. */
export type ClientMessage<P extends Protocol = any> = MessageOf<Received<P, "server", unknown>>;

/** Events of a {@link SockhopClient} whose names do not depend on the protocol. */
export interface ClientNamedEvents<P extends Protocol = any>
    extends ClientOnlyEvents, Exchange<Received<P, "server", unknown>, Requested<P, "server", []>> {}

/** Events of a {@link SockhopClient} for one type of a value each. */
export type ClientTypeEvents<P extends Protocol = any, C = Classes> = TypeEvents<
    Received<P, "server", unknown>,
    Requested<P, "server", []>
> &
    ClassEvents<P, C, unknown, []>;

/** Events of a {@link SockhopClient}, without the values and requests of the server. */
export interface ClientOnlyEvents {
    /** Emitted when the client is connected, before the promise of `connect()` resolves. */
    connect: [socket: Socket];
    /** Emitted on a connection of a client with `codec`, when it is known what the server can do. See {@link SockhopClient.codec}. */
    codec: [name: string, socket: Socket];
    /**
     * Emitted when the socket is lost, with the option `resume` at both ends. The client stays connected, and what it sends
     * waits. `resumed` follows, or `disconnect` with the code `NOT_RESUMED`.
     */
    interrupted: [error: ErrorWithCode, socket: Socket];
    /** Emitted when the connection goes on with another socket. What the server has not received is sent again. */
    resumed: [info: ResumeInfo, socket: Socket];
    /** Emitted when the connection has closed, for any reason, with that reason. Exactly once for each `connect`. */
    disconnect: [socket: Socket, reason: DisconnectReason];
    /**
     * Emitted when the buffer is empty again, after it was above the high-water mark of the socket
     * (`writableHighWaterMark`, 16 or 64 KiB).
     */
    drain: [socket: Socket];
    /**
     * Emitted for an invalid frame (a {@link SockhopError}; the connection stays open), for a peer that exceeds a limit
     * (`disconnect` follows), and for an unusual end of the connection (an error of Node; `disconnect` follows). A
     * listener is optional.
     */
    error: [error: ErrorWithCode, socket: Socket | null];
    /**
     * Emitted by `auto_reconnect` before each attempt that follows a failure or a lost connection: number of the
     * attempt since the last connection that lasted, milliseconds until it starts, and the error of the last attempt or
     * connection, if any (`ECONNREFUSED`, an untrusted certificate …).
     */
    reconnecting: [attempt: number, delay: number, error: ErrorWithCode | undefined];
}
