/* eslint-disable @typescript-eslint/no-explicit-any -- without a protocol, all values are any */

/** Callback of a call: receives the value of the reply and the class name that it had at the sender. */
export type RemoteCallback<Answer = any> = (value: Answer, meta: { type: string }) => void;

/** Types that one end sends. Keys are type names: the name of a class, or `Object` for plain objects. */
export interface Direction {
    /** Values of `send()` and `sendall()`, and of the `receive` event of the peer. */
    messages?: object;
    /** Values of the callback, by the type name of the message. */
    replies?: object;
    /**
     * Requests: the value of `request()` and `ask()`, and the value of each response packet, `{ data: …; answer: … }`.
     */
    requests?: object;
}

/**
 * Types of the messages between a client and a server. Only the compiler uses them: there are no checks at run time.
 * Pass the protocol to both as a type argument, as in `new Sockhop.client<Chat>()`. The compiler then rejects values
 * that the protocol does not contain. Without a protocol, it accepts all.
 *
 * @example
 * ```ts
 * interface Chat {
 *     client: {
 *         messages: { Say: Say; Sum: Sum };
 *         replies: { Sum: number };
 *         requests: { History: { data: History; answer: ChatLine } };
 *     };
 *     server: { messages: { ChatLine: ChatLine } };
 * }
 * ```
 */
export interface Protocol {
    /** Messages and requests of clients. */
    client?: Direction;
    /** Messages and requests of servers. */
    server?: Direction;
}

/** Name of one of the two ends. */
export type End = keyof Protocol;

/** True for `any`, which stands for no protocol. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/** One table of a protocol; an empty one if the protocol does not have it. */
export type Table<P, E extends End, K extends keyof Direction> =
    IsAny<P> extends true ? Record<string, any> : Member<Member<P, E>, K>;

/** Member of a protocol, which may be optional; `object` if there is none. */
type Member<T, K> = K extends keyof T ? NonNullable<T[K]> : object;

/** Type names in a table; any name without a protocol. */
export type Names<T> = keyof T & string;

type Values<T> = T[keyof T];

/** Value that this end can send. (By `infer`, because the compiler then lists the values in its errors.) */
export type Message<P, E extends End> = Table<P, E, "messages"> extends infer T ? T[keyof T] : never;

/** Type names of a value in a table. */
type NameOf<T, V> = Values<{ [K in keyof T]: V extends T[K] ? K : never }>;

type Lookup<T, K> = K extends keyof T ? T[K] : unknown;

/** Entry of the table of replies for the message with the type name `K`; `never` if there is none. */
type ReplyEntry<P, E extends End, K> = IsAny<P> extends true ? any : Entry<Table<P, E, "replies">, K>;

type Entry<T, K> = K extends keyof T ? T[K] : never;

/** Value of the reply to the message of this end with the type name `K`. */
export type ReplyTo<P, E extends End, K> = Known<ReplyEntry<P, E, K>>;

/** Callback for the reply to the message of this end with the type name `K`. */
export type CallbackOf<P, E extends End, K> = [ReplyEntry<P, E, K>] extends [never]
    ? NoReply
    : RemoteCallback<ReplyEntry<P, E, K>>;

/** Type without values. The compiler shows its text for a callback that would never be called. */
type NoReply = RemoteCallback & "the protocol has no reply to this message";

/** Type names that a message with the value `V` of this end can have. */
export type MessageNameOf<P, E extends End, V> =
    IsAny<P> extends true ? string : NameOf<Table<P, E, "messages">, V> & string;

/** Type names that a request with the data `V` of this end can have. */
export type RequestNameOf<P, E extends End, V> =
    IsAny<P> extends true
        ? string
        : Values<{ [K in Names<Table<P, E, "requests">>]: V extends DataOf<Table<P, E, "requests">[K]> ? K : never }>;

/** Data of an entry in the table of requests. */
export type DataOf<T> = IsAny<T> extends true ? any : T extends { data: infer D } ? D : never;

/** Value of each response packet, for an entry in the table of requests. */
export type AnswerOf<T> = IsAny<T> extends true ? any : T extends { answer: infer A } ? A : never;

/** Data of a request that this end can send. */
export type RequestData<P, E extends End> = DataOf<Values<Table<P, E, "requests">>>;

/** Value of each response packet to the request of this end with the type name `K`. */
export type AnswerTo<P, E extends End, K> = IsAny<P> extends true ? any : Known<ResponseOf<P, E, K>>;

/** `unknown` instead of `never`: an end without requests remains compatible with one of any protocol. */
type Known<T> = [T] extends [never] ? unknown : T;

/** Type names of the requests of one end; any name without a protocol. */
export type RequestName<P, E extends End> = Names<Table<P, E, "requests">>;

/** Data of the request with the type name `K`. */
export type RequestOf<P, E extends End, K> = DataOf<Lookup<Table<P, E, "requests">, K>>;

/** Value of the response to the request with the type name `K`; of each packet if the response is a stream. */
export type ResponseOf<P, E extends End, K> = AnswerOf<Lookup<Table<P, E, "requests">, K>>;

/**
 * Class whose instances are received as instances. Its constructor is never called, and may be private.
 *
 * `static fromJSON(data)` (or `from_json`) makes an instance from data of a peer. Without it, the instance has the
 * members of the data.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- the common type of all constructors, private ones too
export interface Class<T = unknown> extends Function {
    readonly prototype: T;
    fromJSON?(data: any): T;
    from_json?(data: any): T;
}

/** Value of the option `classes`: classes, which are sent by their own names, or classes by the names to send. */
export type Classes = readonly Class[] | Readonly<Record<string, Class>>;

/** Value of the option `classes` with the protocol `P`: a class must make the values that `P` states for its name. */
export type ClassesOf<P> = Classes & (IsAny<P> extends true ? unknown : readonly Class[] | NamedClasses<P>);

type NamedClasses<P> = { readonly [K in StatedNames<P>]?: Class<Stated<P, K>> } & Readonly<Record<string, Class>>;

/** Type names of all messages and requests of a protocol. */
type StatedNames<P> = { [E in End]: Names<Table<P, E, "messages">> | RequestName<P, E> }[End];

/** Type of the values with the name `K`, for both ends. */
type Stated<P, K> = StatedBy<P, "client", K> & StatedBy<P, "server", K>;

type StatedBy<P, E extends End, K> = Lookup<Table<P, E, "messages">, K> &
    (K extends RequestName<P, E> ? RequestOf<P, E, K> : unknown);

/** Instances that the classes `C` make, by type name. Classes in an array need a literal type of `sockhop_type`. */
export type Instances<C> = C extends readonly (infer T)[]
    ? { [X in T as StatedName<X>]: InstanceOf<X> }
    : { [K in keyof C as Literal<K>]: InstanceOf<C[K]> };

/** Data of the request with the type name `K`; without a protocol the instance that a class of `C` makes. */
export type ReceivedRequest<P, E extends End, K, C> =
    IsAny<P> extends true ? (K extends keyof Instances<C> ? Instances<C>[K] : any) : RequestOf<P, E, K>;

type StatedName<T> = T extends { readonly sockhop_type: infer K } ? Literal<K> : never;

type Literal<K> = K extends string ? (string extends K ? never : K) : never;

/** Value that a class makes from data. */
type InstanceOf<T> = T extends { fromJSON(data: any): infer V }
    ? V
    : T extends { from_json(data: any): infer V }
      ? V
      : T extends { readonly prototype: infer V }
        ? V
        : never;
