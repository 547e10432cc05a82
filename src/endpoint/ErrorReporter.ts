import type { EventEmitter } from "node:events";
import process from "node:process";
import { emitSafely } from "../emitter/emitSafely";
import { codeOf, messageOf, printable } from "../runtime/thrownValues";

/** Reports errors of an endpoint: an `error` event if there is a listener, otherwise one process warning. Never throws. */
export class ErrorReporter {
    readonly #emitter: EventEmitter;
    #hasWarned = false;

    constructor(emitter: EventEmitter) {
        this.#emitter = emitter;
    }

    /**
     * Emits `error`, or warns once in the life of the endpoint: a peer must not be able to end a program that has no listener.
     *
     * @param args - further arguments of the event
     */
    report(error: Error, args: unknown[]): void {
        if (this.emit(error, args) || this.#hasWarned) return;
        this.#hasWarned = true;
        const code = codeOf(error);
        process.emitWarning(`${printable(messageOf(error))} (listen to "error" to see each such event)`, {
            type: "SockhopWarning",
            ...(code !== undefined && { code: printable(code) }),
        });
    }

    /**
     * Emits `error` if there is a listener. Without one Node would throw it.
     *
     * @returns true if there is a listener
     */
    emit(error: Error, args: unknown[]): boolean {
        if (this.#emitter.listenerCount("error") === 0) return false;
        emitSafely(this.#emitter, "error", error, ...args);
        return true;
    }
}
