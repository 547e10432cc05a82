import { SockhopError } from "../SockhopError";

/** What gives up when a signal is aborted. */
export interface Abortable {
    abort(error: SockhopError): void;
}

/**
 * All that wait on one signal, with one listener: Node looks for a listener among all of a signal to remove it, and warns of
 * many.
 *
 * Only what the standard says is used of a signal (DOM, section 3.2): it may be another realm's, or no one of Node's.
 */
class SignalWatch {
    readonly #waiting = new Set<Abortable>();
    readonly #signal: AbortSignal;
    readonly #listener = (): void => {
        this.#stop();
        const error = abortError(this.#signal);
        const waiting = [...this.#waiting];
        this.#waiting.clear();
        for (const each of waiting) each.abort(error);
    };

    constructor(signal: AbortSignal) {
        this.#signal = signal;
    }

    add(waiter: Abortable): void {
        if (this.#waiting.size === 0) this.#signal.addEventListener("abort", this.#listener);
        this.#waiting.add(waiter);
    }

    delete(waiter: Abortable): void {
        if (this.#waiting.delete(waiter) && this.#waiting.size === 0) this.#stop();
    }

    #stop(): void {
        try {
            this.#signal.removeEventListener("abort", this.#listener);
        } catch {
            // A signal of the program's own making. Nothing waits on it any more, which is what counts.
        }
    }
}

const watches = new WeakMap<AbortSignal, SignalWatch>();

/**
 * Gives up when the signal is aborted.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for what is no signal, `ERR_ABORTED` when it is aborted already
 */
export function watchSignal(signal: AbortSignal, waiter: Abortable): void {
    if (!isSignal(signal)) throw new SockhopError("signal must be an AbortSignal", "ERR_BAD_OPTION");
    try {
        if (!signal.aborted) {
            let watch = watches.get(signal);
            if (!watch) watches.set(signal, (watch = new SignalWatch(signal)));
            watch.add(waiter);
            return;
        }
    } catch (cause) {
        throw new SockhopError("signal cannot be listened to", "ERR_BAD_OPTION", { cause });
    }
    throw abortError(signal);
}

/** The signal does not matter any more. */
export function unwatchSignal(signal: AbortSignal, waiter: Abortable): void {
    watches.get(signal)?.delete(waiter);
}

function isSignal(value: unknown): boolean {
    const signal = value as Partial<AbortSignal> | null;
    return (
        typeof signal === "object" &&
        typeof signal?.addEventListener === "function" &&
        typeof signal.removeEventListener === "function"
    );
}

/** The error of what was given up by a signal. */
function abortError(signal: AbortSignal): SockhopError {
    return new SockhopError("The wait for an answer was aborted", "ERR_ABORTED", { cause: reasonOf(signal) });
}

function reasonOf(signal: AbortSignal): unknown {
    try {
        return signal.reason;
    } catch (error) {
        return error;
    }
}
