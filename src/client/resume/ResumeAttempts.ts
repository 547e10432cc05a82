import type { Connection } from "../../connection/Connection";
import { Timer } from "../../runtime/clock";
import type { ConnectAttempt } from "../connecting/ConnectAttempt";

/** Attempts of a client to resume one interrupted connection. The connection itself has the timeout of all of them. */
export class ResumeAttempts {
    readonly #start: () => void;
    /** Current attempt, or the last one. */
    attempt: ConnectAttempt | undefined;
    /** Number of attempts that have failed; with several servers, of rounds. */
    failures = 0;
    #timer: Timer | undefined;

    /**
     * @param start - starts an attempt
     * @param delay - milliseconds before the first one
     */
    constructor(
        readonly connection: Connection,
        start: () => void,
        delay: number,
    ) {
        this.#start = start;
        this.#timer = new Timer(start, delay);
    }

    /** Starts another attempt after a delay. */
    retry(error: Error | undefined, delay: number): void {
        this.failures += 1;
        this.#restart(error, delay);
    }

    /** Starts another attempt at once, at another server. */
    moveOn(error: Error | undefined): void {
        this.#restart(error, 0);
    }

    #restart(error: Error | undefined, delay: number): void {
        this.attempt?.fail(error ?? new Error("The socket was closed"));
        this.attempt = undefined;
        this.#timer?.clear();
        this.#timer = new Timer(this.#start, delay);
    }

    /** Starts no further attempts. */
    stop(): void {
        this.#timer?.clear();
    }
}
