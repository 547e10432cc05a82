import { memberOf } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";

/** Operation that an `AbortSignal` can abort. */
export interface Abortable {
    abort(error: SockhopError): void;
}

/**
 * Operations that wait on one signal, with one shared listener. With a listener for each, Node would warn of a leak,
 * and search all of them to remove one.
 *
 * Uses only standard members of a signal (DOM, section 3.2): it may come from another realm, or not be Node's class.
 */
class SignalWatch {
    readonly #operations = new Set<Abortable>();
    readonly #signal: AbortSignal;
    readonly #listener = (): void => {
        this.#stop();
        const error = abortError(this.#signal);
        const operations = [...this.#operations];
        this.#operations.clear();
        for (const operation of operations) operation.abort(error);
    };

    constructor(signal: AbortSignal) {
        this.#signal = signal;
    }

    add(operation: Abortable): void {
        if (this.#operations.size === 0) this.#signal.addEventListener("abort", this.#listener);
        this.#operations.add(operation);
    }

    delete(operation: Abortable): void {
        if (this.#operations.delete(operation) && this.#operations.size === 0) this.#stop();
    }

    #stop(): void {
        try {
            this.#signal.removeEventListener("abort", this.#listener);
        } catch {
            // A signal that the program has implemented may throw. A late abort does nothing, as no operation waits.
        }
    }
}

const watches = new WeakMap<AbortSignal, SignalWatch>();

/**
 * Calls `abort()` of the operation when the signal is aborted.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` if it is not a signal, `ERR_ABORTED` if it is already aborted
 */
export function watchSignal(signal: AbortSignal, operation: Abortable): void {
    checkSignal(signal, false);
    try {
        if (!signal.aborted) {
            let watch = watches.get(signal);
            if (!watch) watches.set(signal, (watch = new SignalWatch(signal)));
            watch.add(operation);
            return;
        }
    } catch (cause) {
        throw new SockhopError("signal must accept abort listeners", "ERR_BAD_OPTION", { cause });
    }
    throw abortError(signal);
}

/**
 * Validates the option `signal`.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function checkSignal(signal: unknown, mayBeMissing = true): void {
    if (isSignal(signal) || (mayBeMissing && (signal === undefined || signal === null))) return;
    throw new SockhopError("signal must be an AbortSignal", "ERR_BAD_OPTION");
}

/** Stops watching the signal for this operation. */
export function unwatchSignal(signal: AbortSignal, operation: Abortable): void {
    watches.get(signal)?.delete(operation);
}

function isSignal(value: unknown): boolean {
    const methods = ["addEventListener", "removeEventListener"];
    return typeof value === "object" && methods.every((name) => typeof memberOf(value, name) === "function");
}

function abortError(signal: AbortSignal): SockhopError {
    return new SockhopError("The signal was aborted", "ERR_ABORTED", { cause: reasonOf(signal) });
}

function reasonOf(signal: AbortSignal): unknown {
    try {
        return signal.reason;
    } catch (error) {
        return error;
    }
}
