import { EventEmitter } from "node:events";

/* eslint-disable @typescript-eslint/no-explicit-any -- events of the user have arguments of any type */

type Tuple<A> = A extends unknown[] ? A : never;

/** Arguments of an event. Those of `E` are known even if `T` depends on a type parameter of the program. */
type Args<E, T, K> = K extends keyof E ? Tuple<E[K]> : K extends keyof T ? Tuple<T[K]> : any[];

/**
 * EventEmitter of Node with typed events: `E` and `T` map the name of each event to a tuple of its arguments. `Other`:
 * names of further events, with arguments of any type.
 *
 * The second overload does not mention `E` and `T`, so it can be called on a union of two emitters.
 *
 * It does not use `EventEmitter<Map>`, which does not compile with older versions of `@types/node`.
 */
export interface TypedEmitter<E, T = unknown, Other extends string | symbol = string | symbol> extends EventEmitter {
    /**
     * Adds a listener. With a protocol, only its events are allowed; without one, all names are.
     *
     * @example
     * ```js
     * client.on("receive", (value, { type }) => console.log(type, value));
     * server.on("receive:Widget", (widget, { session }) => session.send("thank you"));
     * ```
     */
    on<K extends ((keyof E | keyof T) & string) | Other>(event: K, listener: (...args: Args<E, T, K>) => void): this;
    on(event: Other, listener: (...args: any[]) => void): this;
    once<K extends ((keyof E | keyof T) & string) | Other>(event: K, listener: (...args: Args<E, T, K>) => void): this;
    once(event: Other, listener: (...args: any[]) => void): this;
    off<K extends ((keyof E | keyof T) & string) | Other>(event: K, listener: (...args: Args<E, T, K>) => void): this;
    off(event: Other, listener: (...args: any[]) => void): this;
    emit<K extends ((keyof E | keyof T) & string) | Other>(event: K, ...args: Args<E, T, K>): boolean;
    emit(event: Other, ...args: any[]): boolean;
}

/* eslint-enable @typescript-eslint/no-explicit-any */

/** Class of the emitter. At run time, it is EventEmitter of Node. */
export const TypedEmitter = EventEmitter as unknown as new <
    E,
    T = unknown,
    Other extends string | symbol = string | symbol,
>() => TypedEmitter<E, T, Other>;
