import { notConnectedError } from "../../SockhopError";
import { markHandled } from "../../timers/promises";
import type { CallSite } from "../../runtime/CallSite";
import { messageOf } from "../../runtime/thrownValues";
import type { Connection } from "../../connection/Connection";
import { OfflineQueue } from "../queue/OfflineQueue";
import { GraceTimeout } from "../../timers/GraceTimeout";
import { nodeClearTimeout, nodeSetTimeout, setImmediate } from "../../runtime/clock";

/** Delays before a retry when the backlog of the server is full, in milliseconds. Each is twice as long, up to the last. */
const FIRST_DELAY_MS = 8;
const MAX_DELAY_MS = 128;

/** One attempt to connect: a promise that settles once, with its timers. */
export class ConnectAttempt {
    readonly promise: Promise<void>;
    /** Set when the socket is created. */
    connection: Connection | undefined;
    #resolve!: () => void;
    #reject!: (error: Error) => void;
    readonly #start: () => void;
    #isSettled = false;
    #limit: GraceTimeout | undefined;
    #retry: NodeJS.Timeout | undefined;
    /** Messages that are sent during the attempt, if they must wait. */
    queue: OfflineQueue | undefined;
    #delay = FIRST_DELAY_MS;

    /**
     * @param site - call of `connect()` that waits for the promise; `undefined` for an automatic attempt
     * @param start - creates the socket; called in a later turn of the event loop, so that the attempt can be aborted before
     */
    constructor(
        public site: CallSite | undefined,
        start: () => void,
    ) {
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
        if (!site) void markHandled(this.promise); // an automatic attempt fails silently, and another one follows
        this.#start = start;
        this.#startLater();
    }

    #startLater(): void {
        setImmediate(() => {
            if (!this.#isSettled) this.#start();
        });
    }

    /** Calls `onTimeout` if the attempt has not settled after `timeout` milliseconds. Later calls have no effect for the same server. */
    limit(timeout: number, onTimeout: () => void): void {
        this.#limit ??= new GraceTimeout(timeout, onTimeout);
    }

    /** Calls `start` again after a delay. */
    retry(): void {
        this.queueMessages();
        this.#retry = nodeSetTimeout(this.#start, this.#delay);
        this.#delay = Math.min(2 * this.#delay, MAX_DELAY_MS);
    }

    /** Calls `start` again for another server, with a timeout of its own. */
    moveOn(): void {
        this.#limit?.clear();
        this.#limit = undefined;
        this.#delay = FIRST_DELAY_MS;
        this.#startLater();
    }

    /** Keeps messages that are sent from now on, until there is a connection that can send them. */
    queueMessages(): void {
        this.queue ??= OfflineQueue.unbounded();
    }

    succeed(): void {
        this.#clear();
        this.#resolve();
    }

    fail(error: Error): void {
        this.#clear();
        this.site?.mark(error);
        this.#reject(error);
        this.queue?.clear(notConnectedError(error, `The message was not sent: ${messageOf(error)}`));
    }

    #clear(): void {
        this.#isSettled = true;
        nodeClearTimeout(this.#retry);
        this.#limit?.clear();
    }
}
