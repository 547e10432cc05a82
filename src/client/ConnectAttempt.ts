import { notConnectedError } from "../SockhopError";
import { markHandled } from "../timers/promises";
import type { CallSite } from "../runtime/CallSite";
import type { Connection } from "../connection/Connection";
import { OfflineQueue } from "./OfflineQueue";
import { GraceTimeout } from "../timers/GraceTimeout";
import { clearImmediate, nodeClearTimeout, nodeSetTimeout, setImmediate } from "../runtime/clock";

/** Pauses before another try when the backlog of the server is full, in milliseconds: each twice as long, up to the last. */
const FIRST_PAUSE = 8;
const LONGEST_PAUSE = 128;

/** One attempt to connect: a promise that settles once, and the timers that go with it. */
export class ConnectAttempt {
    readonly promise: Promise<void>;
    /** There once the socket has been made. */
    connection: Connection | undefined;
    #resolve!: () => void;
    #reject!: (error: Error) => void;
    readonly #start: () => void;
    readonly #immediate: NodeJS.Immediate;
    #limit: GraceTimeout | undefined;
    #retry: NodeJS.Timeout | undefined;
    /** Messages that are sent between two tries, when there is no socket that could take them. */
    queue: OfflineQueue | undefined;
    #pause = FIRST_PAUSE;

    /**
     * @param site - the call that waits for the promise; none for an automatic attempt
     * @param start - makes the socket; called in a later turn, so that the attempt can be called off in this one
     */
    constructor(
        public site: CallSite | undefined,
        start: () => void,
    ) {
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
        if (!site) void markHandled(this.promise); // it fails silently, and another one follows
        this.#start = start;
        this.#immediate = setImmediate(start);
    }

    /** Calls `expired` unless the attempt is settled within `delay` milliseconds. Later calls have no effect. */
    limit(delay: number, expired: () => void): void {
        this.#limit ??= new GraceTimeout(delay, expired);
    }

    /** Calls `start` again after a pause. */
    retry(): void {
        this.queue ??= new OfflineQueue({ max_messages: Infinity, max_bytes: Infinity });
        this.#retry = nodeSetTimeout(this.#start, this.#pause);
        this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    }

    succeed(): void {
        this.#clear();
        this.#resolve();
    }

    fail(error: Error): void {
        this.#clear();
        this.site?.mark(error);
        this.#reject(error);
        this.queue?.clear(notConnectedError(error));
    }

    #clear(): void {
        clearImmediate(this.#immediate);
        nodeClearTimeout(this.#retry);
        this.#limit?.clear();
    }
}
