import type { AnswerOf, DataOf, End, Instances, Names, Protocol, ReplyTo, Table, IsAny } from "../Protocol";
import type { SockhopRequest } from "../protocol/SockhopRequest";
import type { Reply } from "../replies/PendingReply";
import type { SockhopResponseWriteableStream } from "../replies/responses/ResponseWriteableStream";

/* eslint-disable @typescript-eslint/no-explicit-any -- values of a peer: a program that knows the type need not cast */

/** Second argument of `receive` on a client. */
export interface ReceiveMeta<Type extends string = string, Answer = any> {
    /** Class name of the value at the sender: `"Object"`, `"String"`, `"Widget"` … */
    type: Type;
    /**
     * Replies to a call. `undefined` for other messages, so use `callback?.()`. Only the first invocation sends a
     * reply; further ones, and those after the connection has closed, do nothing. Without a value the reply is `{}`.
     *
     * Throws a {@link SockhopError}: `ERR_BAD_DATA` for a value that JSON cannot express, `ERR_MESSAGE_TOO_LARGE`.
     */
    callback?: Reply<Answer>;
}

/** Arguments of `receive` for the messages of one end, by type name. `More`: further members of `meta` on a server. */
export type Received<P extends Protocol, From extends End, More> = {
    [K in Names<Table<P, From, "messages">>]: [
        value: Table<P, From, "messages">[K],
        meta: ReceiveMeta<K, ReplyTo<P, From, K>> & More,
    ];
};

/** Arguments of `request` for the requests of one end, by type name of the data. `More`: more arguments on a server. */
export type Requested<P extends Protocol, From extends End, More extends unknown[]> = {
    [K in Names<Table<P, From, "requests">>]: [
        request: SockhopRequest<DataOf<Table<P, From, "requests">[K]>, K>,
        response: SockhopResponseWriteableStream<AnswerOf<Table<P, From, "requests">[K]>>,
        ...more: More,
    ];
};

type Values<T> = T[keyof T];

/** Events of one type: `receive:Widget`, emitted after `receive`; `request:Widget`, emitted instead of `request`. */
export type TypeEvents<R, Q> = {
    [K in keyof R & string as `receive:${K}`]: R[K];
} & {
    [K in keyof Q & string as `request:${K}`]: Q[K];
};

/**
 * Events of the types that the classes `C` make, without a protocol. `More`: further members of `meta`, `MoreArgs`: more
 * arguments of `request`, on a server.
 */
export type ClassEvents<P, C, More, MoreArgs extends unknown[]> =
    IsAny<P> extends true ? EventsOf<Instances<C>, More, MoreArgs> : unknown;

type EventsOf<I, More, MoreArgs extends unknown[]> = {
    [K in keyof I & string as `receive:${K}`]: [value: I[K], meta: ReceiveMeta<K> & More];
} & {
    [K in keyof I & string as `request:${K}`]: [
        request: SockhopRequest<I[K], K>,
        response: SockhopResponseWriteableStream,
        ...more: MoreArgs,
    ];
};

/** Message of a `messages()` loop: an object for each type, so that `type` narrows `value`. */
export type MessageOf<R> = Values<{ [K in keyof R]: R[K] extends [infer V, infer Meta] ? { value: V } & Meta : never }>;

/** Argument `N` of the events in a table: of any type. */
type Argument<T, N extends number> = Values<{ [K in keyof T]: T[K] extends unknown[] ? T[K][N] : never }>;

/**
 * Events for all values and requests of the peer. Their arguments are one tuple, not one for each type: the compiler would
 * refuse a listener that has fewer parameters. `More`: more arguments of `request` on a server.
 */
export interface Exchange<R, Q, More extends unknown[] = []> {
    /** Emitted for each value that arrives, in the tick in which its last byte is read. */
    receive: [value: Argument<R, 0>, meta: Argument<R, 1>];
    /**
     * Emitted for each request of the peer. Respond with `response`. If a listener throws or rejects, the peer gets
     * `ERR_REQUEST_FAILED`, and `error` is emitted; without a listener of that, the error is an uncaught exception.
     */
    request: [request: Argument<Q, 0>, response: Argument<Q, 1>, ...more: More];
}

/** Names of other events: any without a protocol; with one those of every EventEmitter, and symbols. */
export type OtherEvents<P> =
    IsAny<P> extends true ? (string & Record<never, never>) | symbol : "newListener" | "removeListener" | symbol;
