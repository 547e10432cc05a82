import type { EventEmitter } from "node:events";

/**
 * Emits an event of ours. What a handler throws surfaces as an uncaught exception, but does not cut short what we are
 * doing, such as ending the other connections.
 */
export function tell(emitter: EventEmitter, event: string, ...args: unknown[]): void {
    try {
        emitter.emit(event, ...args);
    } catch (error) {
        surface(error);
    }
}

/** What a handler threw, which may be anything, as an error. */
export function asError(thrown: unknown): Error {
    return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** Lets what a handler threw surface as an uncaught exception, after we have finished what we are doing. */
export function surface(error: unknown): void {
    process.nextTick(() => {
        throw error;
    });
}
