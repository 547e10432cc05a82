import type { Connection } from "./Connection";
import { ignorable } from "./Outbox";
import { TimeLimit } from "./TimeLimit";
import { clearImmediate, setImmediate } from "./timers";

/** One attempt to connect: a promise that settles once, and the timers that go with it. */
export class Attempt {
    readonly promise: Promise<void>;
    /** There once the socket has been made. */
    connection: Connection | undefined;
    #resolve!: () => void;
    #reject!: (error: Error) => void;
    readonly #start: NodeJS.Immediate;
    #limit: TimeLimit | undefined;

    /**
     * @param automatic - nobody waits for the promise
     * @param start - makes the socket; called in a later turn, so that the attempt can be called off in this one
     */
    constructor(
        public automatic: boolean,
        start: () => void,
    ) {
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
        if (automatic) void ignorable(this.promise); // it fails silently, and another one follows
        this.#start = setImmediate(start);
    }

    /** Calls `expired` unless the attempt is settled within so many milliseconds. */
    limit(delay: number, expired: () => void): void {
        this.#limit = new TimeLimit(delay, expired);
    }

    succeed(): void {
        this.#clear();
        this.#resolve();
    }

    fail(error: Error): void {
        this.#clear();
        this.#reject(error);
    }

    #clear(): void {
        clearImmediate(this.#start);
        this.#limit?.clear();
    }
}
