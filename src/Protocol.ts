/* eslint-disable @typescript-eslint/no-explicit-any -- without a protocol everything is loose: any */

/** What one end sends. All by type name: the name of the class, `Object` for plain objects. */
export interface Direction {
    /** The values that `send()` and `sendall()` take, and `receive` brings. */
    messages?: object;
    /** What the callbacks of messages are answered with, by the type name of the message. */
    replies?: object;
    /** The values that `request()` and `ask()` take, with what each piece of the answer is: `{ data: …; answer: … }`. */
    requests?: object;
}

/**
 * What a client and a server say to each other, for the compiler alone: at run time nothing is checked. Give it as the
 * type argument of both, `new Sockhop.client<Chat>()`. What it does not name cannot be sent; without it, all can.
 *
 * @example
 * ```ts
 * interface Chat {
 *     client: {
 *         messages: { Say: Say; Sum: Sum };
 *         replies: { Sum: number };
 *         requests: { History: { data: History; answer: Line } };
 *     };
 *     server: { messages: { Said: Said } };
 * }
 * ```
 */
export interface Protocol {
    /** What clients send. */
    client?: Direction;
    /** What servers send. */
    server?: Direction;
}

/** One of the two ends. */
export type End = keyof Protocol;

type IsAny<T> = 0 extends 1 & T ? true : false;

/** One of the tables of a protocol; an empty one where the protocol has none. */
export type Table<P, E extends End, K extends keyof Direction> =
    IsAny<P> extends true ? Record<string, any> : P extends Record<E, Record<K, infer T>> ? T : object;

/** The names of the types in a table; any name without a protocol. */
export type Names<T> = keyof T & string;

type Values<T> = T[keyof T];

/** A value that this end may send. */
export type Message<P, E extends End> = Values<Table<P, E, "messages">>;

/** The names under which a value may be in a table. */
type NameOf<T, V> = Values<{ [K in keyof T]: V extends T[K] ? K : never }>;

type Lookup<T, K> = K extends keyof T ? T[K] : unknown;

/** What the message `V` of this end is answered with. */
export type ReplyTo<P, E extends End, V> =
    IsAny<P> extends true ? any : Lookup<Table<P, E, "replies">, NameOf<Table<P, E, "messages">, V>>;

/** The data of an entry among the requests. */
export type DataOf<T> = IsAny<T> extends true ? any : T extends { data: infer D } ? D : never;

/** What each piece of the answer is, for an entry among the requests. */
export type AnswerOf<T> = IsAny<T> extends true ? any : T extends { answer: infer A } ? A : never;

/** The data of a request that this end may make. */
export type RequestData<P, E extends End> = DataOf<Values<Table<P, E, "requests">>>;

/** A piece of the answer to the request `V` of this end. */
export type AnswerTo<P, E extends End, V> =
    IsAny<P> extends true
        ? any
        : AnswerOf<Values<{ [K in keyof Table<P, E, "requests">]: Holding<Table<P, E, "requests">[K], V> }>>;

/** The entry of a request, if the value is one of its. */
type Holding<T, V> = V extends DataOf<T> ? T : never;
