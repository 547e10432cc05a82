import { setMaxListeners } from "node:events";
import { SockhopError } from "../SockhopError";
import { type Deadline, type Deadlines, type Link, unlink } from "./Deadlines";

/** How long to wait for an answer. */
export interface WaitOptions {
    /** Milliseconds for the whole answer, from the end of the turn in which it was asked for; `Infinity` for no limit. */
    timeout?: number | undefined;
    /** Gives up when it is aborted. */
    signal?: AbortSignal | undefined;
}

/**
 * Somebody waits for an answer: until a time has passed, or until an `AbortSignal` is aborted.
 *
 * @internal
 */
export abstract class Patience implements Deadline {
    before: Link = this;
    after: Link = this;
    since: Deadline["since"];
    #signal: AbortSignal | undefined;
    #abort: (() => void) | undefined;

    /** The answer will not come. */
    abstract fail(error: SockhopError): void;

    /**
     * Bounds the wait: `fail()` is called at most once, with `ERR_RESPONSE_TIMEOUT` or `ERR_ABORTED`.
     *
     * @param timeout - milliseconds
     * @throws {@link SockhopError} `ERR_ABORTED`
     */
    limit(deadlines: Deadlines, timeout: number, signal: AbortSignal | undefined): void {
        if (signal?.aborted) throw aborted(signal);
        deadlines.add(this, timeout);
        if (!signal) return;
        this.#signal = signal;
        this.#abort = () => {
            this.relax();
            this.fail(aborted(signal));
        };
        setMaxListeners(0, signal); // one signal for many questions is no leak, and Node would warn of it
        signal.addEventListener("abort", this.#abort, { once: true });
    }

    expire(): void {
        this.relax();
        this.fail(new SockhopError("No answer in time", "ERR_RESPONSE_TIMEOUT"));
    }

    /** Nothing is waited for any more. */
    relax(): void {
        unlink(this);
        if (this.#abort) this.#signal?.removeEventListener("abort", this.#abort);
    }
}

/** The error of what was given up by a signal. */
function aborted(signal: AbortSignal): SockhopError {
    return new SockhopError("The wait for an answer was aborted", "ERR_ABORTED", { cause: signal.reason });
}
