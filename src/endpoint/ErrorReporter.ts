import type { EventEmitter } from "node:events";
import { publishError } from "../diagnostics/channels";
import { warn } from "../diagnostics/warning";
import { emitSafely } from "../emitter/emitSafely";
import { codeOf, messageOf, printable } from "../runtime/thrownValues";

/**
 * Reports errors without throwing: as `error` events if there is a listener, otherwise as one process warning. A peer
 * cannot cause many warnings.
 */
export class ErrorReporter {
    readonly #emitter: EventEmitter;
    #hasReported = false;
    #hasWarned = false;

    constructor(emitter: EventEmitter) {
        this.#emitter = emitter;
    }

    /**
     * Emits `error`. Without a listener it emits one process warning per endpoint, because an `error` event would
     * throw, and a peer must not be able to crash the process.
     *
     * @param args - further arguments of the event
     */
    report(error: Error, args: unknown[]): void {
        if (this.emit(error, args) || this.#hasReported) return;
        this.#hasReported = true;
        const code = codeOf(error);
        const text = `${printable(messageOf(error))} (add an "error" listener to see all errors)`;
        warn(text, code === undefined ? undefined : { code: printable(code) });
    }

    /** Emits one process warning per endpoint: a probable mistake of the program, in the options of one end. */
    warn(text: string): void {
        if (this.#hasWarned) return;
        this.#hasWarned = true;
        warn(printable(text));
    }

    /**
     * Emits `error` if there is a listener. (Without one `EventEmitter` throws the error.)
     *
     * @returns true if there is a listener
     */
    emit(error: Error, args: unknown[]): boolean {
        publishError(this.#emitter, error, args[0]);
        if (this.#emitter.listenerCount("error") === 0) return false;
        emitSafely(this.#emitter, "error", error, ...args);
        return true;
    }
}
