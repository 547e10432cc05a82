import { EventEmitter } from "node:events";

/** Arguments of an event: `E` maps the name of each event to a tuple of its arguments. */
type Args<E, K extends keyof E> = E[K] extends unknown[] ? E[K] : never;

/* eslint-disable @typescript-eslint/no-explicit-any -- events of the user have arguments of any type */

/**
 * EventEmitter of Node with typed events. Other events are allowed, too.
 *
 * It does not use `EventEmitter<Map>`, which does not compile with older versions of `@types/node`, and rejects events
 * that a subclass adds.
 */
export interface TypedEmitter<E> extends EventEmitter {
    /**
     * Adds a listener. Names of events that are not in the list are allowed, so check their spelling.
     *
     * @example
     * ```js
     * client.on("receive", (value, { type }) => console.log(type, value));
     * server.on("receive:Widget", (widget, { session }) => session.send("thank you"));
     * ```
     */
    on<K extends keyof E>(event: K, listener: (...args: Args<E, K>) => void): this;
    on(event: string | symbol, listener: (...args: any[]) => void): this;
    once<K extends keyof E>(event: K, listener: (...args: Args<E, K>) => void): this;
    once(event: string | symbol, listener: (...args: any[]) => void): this;
    off<K extends keyof E>(event: K, listener: (...args: Args<E, K>) => void): this;
    off(event: string | symbol, listener: (...args: any[]) => void): this;
    emit<K extends keyof E>(event: K, ...args: Args<E, K>): boolean;
    emit(event: string | symbol, ...args: any[]): boolean;
}

/* eslint-enable @typescript-eslint/no-explicit-any */

/** Class of the emitter. At run time, it is EventEmitter of Node. */
export const TypedEmitter = EventEmitter as unknown as new <E>() => TypedEmitter<E>;
