import type { EventEmitter } from "node:events";
import { nextTick } from "../runtime/clock";

/**
 * Emits an event of the library. An error of a listener becomes an uncaught exception later, so it does not interrupt
 * the caller, which may have to close other connections.
 */
export function emitSafely(emitter: EventEmitter, event: string, ...args: unknown[]): void {
    try {
        emitter.emit(event, ...args);
    } catch (error) {
        throwLater(error);
    }
}

/** Throws an error of a listener in `nextTick()`, as an uncaught exception, after the current work is complete. */
export function throwLater(error: unknown): void {
    nextTick(() => {
        throw error;
    });
}
