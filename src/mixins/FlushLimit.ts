import { checkMethodOptions } from "../diagnostics/unknownOptions";
import { type Abortable, unwatchSignal, watchSignal } from "../replies/abortSignals";
import { CallSite } from "../runtime/CallSite";
import { SockhopError } from "../SockhopError";
import { GraceTimeout } from "../timers/GraceTimeout";
import { MAX_TIMEOUT, milliseconds } from "../validators";

/** Options of `flush()`. */
export interface FlushOptions {
    /**
     * Milliseconds for the whole call, then it rejects with `ERR_FLUSH_TIMEOUT`; `Infinity` for no limit. What was sent
     * stays on its way.
     *
     * @default Infinity
     */
    timeout?: number | undefined;
    /** Aborts the call, with `ERR_ABORTED`. */
    signal?: AbortSignal | undefined;
}

const FLUSH_NAMES: readonly string[] = ["timeout", "signal"] satisfies (keyof FlushOptions)[];

/** Timeout and `AbortSignal` of one call of `flush()`. */
export class FlushLimit implements Abortable {
    readonly #signal: AbortSignal | undefined;
    readonly #timer: GraceTimeout | undefined;
    /** Error that has ended the call. */
    error: SockhopError | undefined;
    readonly #ends: ((error: SockhopError) => void)[] = [];

    /**
     * @param method - method of the program, whose caller is the first line of the stack of a timeout
     * @throws {@link SockhopError} `ERR_BAD_OPTION`; `ERR_ABORTED` for an aborted signal
     */
    // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- see CallSite
    constructor(options: FlushOptions, method: Function) {
        if (typeof options !== "object") {
            throw new SockhopError("flush() takes an object of options: { timeout, signal }", "ERR_BAD_OPTION");
        }
        checkMethodOptions(options, FLUSH_NAMES, "flush");
        const timeout = milliseconds("timeout", options.timeout, Infinity);
        const signal = options.signal ?? undefined;
        if (signal !== undefined) watchSignal(signal, this);
        this.#signal = signal;
        if (timeout === MAX_TIMEOUT) return;
        const site = new CallSite(method);
        this.#timer = new GraceTimeout(timeout, () => {
            const message = `The peer has not acknowledged all that was sent before flush() within ${timeout} ms`;
            const error = new SockhopError(message, "ERR_FLUSH_TIMEOUT");
            site.mark(error);
            this.abort(error);
        });
    }

    abort(error: SockhopError): void {
        this.clear();
        this.error = error;
        for (const end of this.#ends) end(error);
    }

    /** Calls back when the timeout or the signal ends the call: what waits then is forgotten. */
    endWith(end: (error: SockhopError) => void): void {
        if (this.error) end(this.error);
        else this.#ends.push(end);
    }

    /** Ends the timeout, and stops watching the signal. */
    clear(): void {
        this.#timer?.clear();
        if (this.#signal) unwatchSignal(this.#signal, this);
    }
}

/**
 * Limits a call of `flush()`.
 *
 * @param method - as of {@link FlushLimit}
 * @param start - starts the call. Its result must be handled, as a late rejection of it is ignored
 */
export async function limitFlush(
    options: FlushOptions | null | undefined,
    method: Function, // eslint-disable-line @typescript-eslint/no-unsafe-function-type -- see CallSite
    start: (limit?: FlushLimit) => Promise<void>,
): Promise<void> {
    if (options === undefined || options === null) return start();
    const limit = new FlushLimit(options, method);
    try {
        await new Promise<void>((resolve, reject) => {
            limit.endWith(reject);
            start(limit).then(resolve, reject);
        });
    } finally {
        limit.clear();
    }
}
