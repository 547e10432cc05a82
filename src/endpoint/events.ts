import type { Reply } from "../replies/PendingReply";
import type { Socket } from "node:net";
import type { SockhopSession } from "../server/SockhopSession";
import type { SockhopResponseWriteableStream } from "../replies/ResponseWriteableStream";
import type { SockhopRequest } from "../protocol/SockhopRequest";
import type { AnswerOf, DataOf, End, Names, Protocol, ReplyTo, Table } from "../Protocol";

/* eslint-disable @typescript-eslint/no-explicit-any -- what a peer has sent: who knows what it is should not have to cast */

/** What comes with a value that a client has received. */
export interface ReceiveMeta<Type extends string = string, Answer = any> {
    /** Class name of the value at the sender: `"Object"`, `"String"`, `"Widget"` … */
    type: Type;
    /**
     * Replies to the message; there only when the sender wants a reply, so call `callback?.()`. The first call counts,
     * further ones do nothing, and neither does one when the connection has closed. Without a value the reply is `{}`.
     *
     * Throws a {@link SockhopError}: `ERR_BAD_DATA` for what JSON cannot express, `ERR_MESSAGE_TOO_LARGE`.
     */
    callback?: Reply<Answer>;
}

/** What comes with a request that a server has received. */
export interface RequestMeta<P extends Protocol = any> {
    /** The connection it came from. */
    socket: Socket;
    session: SockhopSession<P>;
}

/** What comes with a value that a server has received. */
export interface ServerReceiveMeta<P extends Protocol = any, Type extends string = string, Answer = any>
    extends ReceiveMeta<Type, Answer>, RequestMeta<P> {}

/** The arguments for a message that comes from this end, by its type. `More` is what a server tells besides. */
type Received<P extends Protocol, From extends End, More> = {
    [K in Names<Table<P, From, "messages">>]: [
        value: Table<P, From, "messages">[K],
        meta: ReceiveMeta<K, ReplyTo<P, From, Table<P, From, "messages">[K]>> & More,
    ];
};

/** The arguments for a request that comes from this end, by the type of its data. */
type Requested<P extends Protocol, From extends End, More extends unknown[]> = {
    [K in Names<Table<P, From, "requests">>]: [
        request: SockhopRequest<DataOf<Table<P, From, "requests">[K]>, K>,
        response: SockhopResponseWriteableStream<AnswerOf<Table<P, From, "requests">[K]>>,
        ...more: More,
    ];
};

type Values<T> = T[keyof T];

/** Events for one type only: `receive:Widget`, after `receive`, and `request:Widget`, in place of `request`. */
type ByType<R, Q> = {
    [K in keyof R & string as `receive:${K}`]: R[K];
} & {
    [K in keyof Q & string as `request:${K}`]: Q[K];
};

/** Events of a {@link SockhopClient}. For each type of a value there are also `receive:TYPE` and `request:TYPE`. */
export type ClientEvents<P extends Protocol = any> = ClientOnlyEvents &
    Exchange<Received<P, "server", unknown>, Requested<P, "server", []>>;

/** Events of a {@link SockhopServer}. For each type of a value there are also `receive:TYPE` and `request:TYPE`. */
export type ServerEvents<P extends Protocol = any> = ServerOnlyEvents<P> &
    Exchange<Received<P, "client", RequestMeta<P>>, Requested<P, "client", [meta: RequestMeta<P>]>>;

/** What the other end sends. */
export type Exchange<R, Q> = ByType<R, Q> & {
    /** A value has arrived, in the turn of its last byte. */
    receive: Values<R>;
    /**
     * The other end asks; answer by `response`. A handler that throws or rejects has answered that the request has failed,
     * and what it threw surfaces as an exception that nobody has caught. Without any handler the other end is told that
     * nobody handles requests here.
     */
    request: Values<Q>;
};

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
