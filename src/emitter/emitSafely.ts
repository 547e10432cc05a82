import type { EventEmitter } from "node:events";
import { nextTick } from "../runtime/clock";

/**
 * Emits an event of ours. What a handler throws surfaces as an uncaught exception, but does not cut short what we are
 * doing, such as ending the other connections.
 */
export function emitSafely(emitter: EventEmitter, event: string, ...args: unknown[]): void {
    try {
        emitter.emit(event, ...args);
    } catch (error) {
        throwLater(error);
    }
}

/** Lets what a handler threw surface as an uncaught exception, after we have finished what we are doing. */
export function throwLater(error: unknown): void {
    nextTick(() => {
        throw error;
    });
}
