import { messageOf, codeOf, printable } from "../runtime/thrownValues";
import process from "node:process";
import { TypedEmitter } from "../emitter/TypedEmitter";
import { emitSafely } from "../emitter/emitSafely";

/** Reports what is wrong with what a peer has sent: an `error` event if there is a listener, otherwise one process warning. */
export abstract class Reporter<E> extends TypedEmitter<E> {
    #warned = false;

    /**
     * The arguments of an event that say which connection it is about.
     *
     * @internal
     */
    protected abstract _about(subject: object | null): unknown[];

    /**
     * It is an `error` event for those who listen; for others one warning in the life of this object, since a peer must
     * not be able to end a program that has no handler. Never throws, whatever the error is.
     *
     * @internal
     */
    protected _report(error: Error, subject: object | null): void {
        if (this._tellError(error, subject) || this.#warned) return;
        this.#warned = true;
        const code = codeOf(error);
        process.emitWarning(`${printable(messageOf(error))} (listen to "error" to see each such event)`, {
            type: "SockhopWarning",
            ...(code !== undefined && { code: printable(code) }),
        });
    }

    /**
     * Emits `error`, and says whether anybody listens. Without a listener Node would throw it.
     *
     * @internal
     */
    protected _tellError(error: Error, subject: object | null): boolean {
        if (this.listenerCount("error") === 0) return false;
        emitSafely(this, "error", error, ...this._about(subject));
        return true;
    }
}
