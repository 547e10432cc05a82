import { EventEmitter } from "node:events";

/** The arguments of an event, where `E` has a list of them by the name of the event. */
type Args<E, K extends keyof E> = E[K] extends unknown[] ? E[K] : never;

/* eslint-disable @typescript-eslint/no-explicit-any -- the names we do not know are the user's own, with arguments of any type */

/**
 * Node's EventEmitter, with the types of the events we know and any others beside them.
 *
 * Declared here rather than by `EventEmitter<Map>`, which does not compile with older versions of `@types/node` and
 * refuses the events that a subclass adds.
 */
export interface TypedEmitter<E> extends EventEmitter {
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

/** At run time this is Node's class itself. */
export const TypedEmitter = EventEmitter as unknown as new <E>() => TypedEmitter<E>;
