import { setMaxListeners } from "node:events";
import { SockhopError } from "../SockhopError";
import type { Deadlines, Expiring } from "./Deadlines";

/** How long to wait for an answer. */
export interface WaitOptions {
    /** Milliseconds for the whole answer, from the call on; `Infinity` for no limit. */
    timeout?: number | undefined;
    /** Gives up when it is aborted. */
    signal?: AbortSignal | undefined;
}

/** Somebody waits for an answer: until a time has passed, or until an `AbortSignal` is aborted. */
export class Patience implements Expiring {
    readonly #deadlines: Deadlines;
    readonly #timeout: number;
    readonly #signal: AbortSignal | undefined;
    readonly #owner: { fail(error: SockhopError): void };
    readonly #abort: (() => void) | undefined;

    /**
     * @param timeout - milliseconds
     * @param owner - whose `fail()` is called at most once, with `ERR_RESPONSE_TIMEOUT` or `ERR_ABORTED`
     */
    constructor(
        deadlines: Deadlines,
        timeout: number,
        signal: AbortSignal | undefined,
        owner: { fail(error: SockhopError): void },
    ) {
        this.#deadlines = deadlines;
        this.#timeout = timeout;
        this.#signal = signal;
        this.#owner = owner;
        deadlines.add(this, timeout);
        if (!signal) return;
        this.#abort = () => {
            this.end();
            owner.fail(aborted(signal));
        };
        setMaxListeners(0, signal); // one signal for many questions is no leak, and Node would warn of it
        signal.addEventListener("abort", this.#abort, { once: true });
    }

    /** Nothing is waited for any more. */
    end(): void {
        this.#deadlines.delete(this, this.#timeout);
        if (this.#abort) this.#signal?.removeEventListener("abort", this.#abort);
    }

    expire(): void {
        this.end();
        this.#owner.fail(new SockhopError("No answer in time", "ERR_RESPONSE_TIMEOUT"));
    }
}

/** The error of what was given up by a signal. */
export function aborted(signal: AbortSignal): SockhopError {
    return new SockhopError("The wait for an answer was aborted", "ERR_ABORTED", { cause: signal.reason });
}
