import type { Reply } from "../replies/PendingReply";
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

/** The arguments for a message that comes from this end, by its type. `More` is what a server tells besides. */
export type Received<P extends Protocol, From extends End, More> = {
    [K in Names<Table<P, From, "messages">>]: [
        value: Table<P, From, "messages">[K],
        meta: ReceiveMeta<K, ReplyTo<P, From, Table<P, From, "messages">[K]>> & More,
    ];
};

/** The arguments for a request that comes from this end, by the type of its data. */
export type Requested<P extends Protocol, From extends End, More extends unknown[]> = {
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
