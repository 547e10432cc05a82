import { checkMethodOptions, isPlain } from "../../diagnostics/unknownOptions";
import { type Abortable, unwatchSignal, watchSignal } from "../../replies/abortSignals";
import type { CallSite } from "../../runtime/CallSite";
import { codeOf, messageOf } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";
import { GraceTimeout } from "../../timers/GraceTimeout";
import { MAX_TIMEOUT, milliseconds } from "../../validators";

/** Options of `connect()`. */
export interface ConnectOptions {
    /**
     * `true`: a failed attempt does not reject. The client tries again, with the delays and the `reconnecting` events of
     * `auto_reconnect`, until it is connected. Later lost connections are the matter of `auto_reconnect`.
     *
     * @default false
     */
    wait?: boolean | undefined;
    /**
     * Milliseconds for the whole call, then it rejects with `ERR_CONNECT_TIMEOUT`; `Infinity` for no limit. One attempt
     * has `connect_timeout`, too.
     *
     * @default Infinity
     */
    timeout?: number | undefined;
    /** Aborts the call, with `ERR_ABORTED`. */
    signal?: AbortSignal | undefined;
}

const CONNECT_NAMES = ["wait", "timeout", "signal"];

/** Errors that no further attempt can mend. */
const PERMANENT: ReadonlySet<unknown> = new Set(["ERR_BAD_OPTION", "ERR_CODEC", "ERR_PATH_TOO_LONG"]);

/** True for an error that no further attempt at the same address can mend. */
export function isPermanent(error: Error): boolean {
    return PERMANENT.has(codeOf(error));
}

/** One call of `connect()` with options: waits for one attempt, or for the first that succeeds. */
export class ConnectWait implements Abortable {
    readonly promise: Promise<void>;
    /** True if it waits for further attempts. */
    readonly retries: boolean;
    #resolve!: () => void;
    #reject!: (error: Error) => void;
    readonly #site: CallSite;
    readonly #signal: AbortSignal | undefined;
    readonly #timer: GraceTimeout | undefined;
    /** Error of the last attempt. */
    #lastError: Error | undefined;

    /**
     * @param target - address, for messages
     * @param onGiveUp - called if the timeout or the signal ends the wait
     * @throws {@link SockhopError} `ERR_BAD_OPTION`; `ERR_ABORTED` for an aborted signal
     */
    constructor(
        options: ConnectOptions,
        site: CallSite,
        target: string,
        private readonly onGiveUp: () => void,
    ) {
        const { wait, timeout, signal } = checkConnectOptions(options);
        this.retries = wait;
        this.#site = site;
        this.#signal = signal;
        if (signal) watchSignal(signal, this);
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
        if (timeout === MAX_TIMEOUT) return;
        this.#timer = new GraceTimeout(timeout, () => {
            const message = `Timeout exceeded on connect(): no connection to ${target} within ${timeout} ms`;
            const reason = this.#lastError === undefined ? "" : ` (${messageOf(this.#lastError)})`;
            const error = new SockhopError(message + reason, "ERR_CONNECT_TIMEOUT", { cause: this.#lastError });
            this.fail(error);
            this.onGiveUp();
        });
    }

    abort(error: SockhopError): void {
        this.#clear();
        this.#reject(error); // unmarked: all that wait on the signal share it
        this.onGiveUp();
    }

    succeed(): void {
        this.#clear();
        this.#resolve();
    }

    fail(error: Error): void {
        this.#clear();
        this.#site.mark(error);
        this.#reject(error);
    }

    /**
     * Handles a failed attempt.
     *
     * @returns true if the wait goes on
     */
    onAttemptError(error: Error): boolean {
        this.#lastError = error;
        if (this.retries && !isPermanent(error)) return true;
        this.fail(error);
        return false;
    }

    #clear(): void {
        this.#timer?.clear();
        if (this.#signal) unwatchSignal(this.#signal, this);
    }
}

/**
 * Validates the options of `connect()`.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
function checkConnectOptions(options: ConnectOptions): { wait: boolean; timeout: number; signal?: AbortSignal } {
    if (typeof options !== "object") {
        const message =
            "connect() takes an object of options: { wait, timeout, signal }. The address is an option of the client";
        throw new SockhopError(message, "ERR_BAD_OPTION");
    }
    checkMethodOptions(options, CONNECT_NAMES, "connect");
    // A program may use `connect` as a listener, and 1.x ignores the arguments.
    const { wait, timeout, signal } = isPlain(options) ? options : {};
    return {
        wait: Boolean(wait),
        timeout: milliseconds("timeout", timeout, Infinity),
        ...(signal && { signal }),
    };
}
