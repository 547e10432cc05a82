import type { PendingReply } from "../replies/PendingReply";
import { markHandled } from "../timers/promises";
import { positiveNumber, milliseconds, MAX_TIMEOUT } from "../validators";
import { SockhopError } from "../SockhopError";
import type { Connection } from "../connection/Connection";
import { GraceTimeout } from "../timers/GraceTimeout";
import { now, setImmediate } from "../runtime/clock";

/** Options of the queue of a client that is not connected. */
export interface QueueOptions {
    /** @default 10000 */
    max_messages?: number | undefined;
    /**
     * Bytes of all messages together.
     *
     * @default 16777216 (16 MiB)
     */
    max_bytes?: number | undefined;
    /**
     * Milliseconds that a message may wait; then its promise rejects with `ERR_QUEUE_EXPIRED`.
     *
     * @default Infinity
     */
    max_age?: number | undefined;
    /**
     * Which message is dropped when there is no room; its promise rejects with `ERR_QUEUE_FULL`.
     * - `"reject"`: the one that is being sent
     * - `"drop-newest"`: the same, but the rejection harms no program that does not look at the promise
     * - `"drop-oldest"`: those that have waited longest; likewise
     *
     * @default "reject"
     */
    overflow?: "reject" | "drop-oldest" | "drop-newest" | undefined;
}

/** A message that waits for a connection. */
interface Waiting {
    readonly frame: string;
    readonly question: PendingReply | undefined;
    readonly bytes: number;
    /** When it is too old, on the clock of `performance.now()`. */
    readonly expires: number;
    resolve(sent: Promise<undefined>): void;
    reject(error: SockhopError): void;
}

/**
 * What was sent while there was no connection.
 *
 * @internal
 */
export class OfflineQueue {
    readonly #maxMessages: number;
    readonly #maxBytes: number;
    readonly #maxAge: number;
    readonly #overflow: NonNullable<QueueOptions["overflow"]>;
    /** In the order in which they were sent, which is that in which they expire. */
    readonly #waiting = new Set<Waiting>();
    #bytes = 0;
    /** The connection over which what waits is being sent: what is sent meanwhile waits behind it. */
    #sendingTo: Connection | undefined;
    #failing = false;
    #timer: GraceTimeout | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` */
    constructor({ max_messages, max_bytes, max_age, overflow = "reject" }: QueueOptions) {
        this.#maxMessages = positiveNumber("max_messages", max_messages, 10_000);
        this.#maxBytes = positiveNumber("max_bytes", max_bytes, 16 * 2 ** 20);
        this.#maxAge = milliseconds("max_age", max_age, Infinity);
        this.#overflow = overflow;
        if (!["reject", "drop-oldest", "drop-newest"].includes(overflow)) {
            throw new SockhopError("overflow must be reject, drop-oldest or drop-newest", "ERR_BAD_OPTION");
        }
    }

    /** Bytes that wait. */
    get bytes(): number {
        return this.#bytes;
    }

    /** Takes a frame. Settles as the sending of it does, or rejects because it does not come to that. */
    push(frame: string, question?: PendingReply): Promise<undefined> {
        const bytes = Buffer.byteLength(frame);
        const dropped = this.#overflow === "drop-oldest" && bytes <= this.#maxBytes ? this.#makeRoom(bytes) : [];
        if (this.#waiting.size >= this.#maxMessages || this.#bytes + bytes > this.#maxBytes) {
            const error = full();
            if (question && this.#overflow !== "reject") question.onQueueError ??= () => undefined; // its caller need not look
            if (question) this.#fail(question, error);
            const refused = Promise.reject(error);
            // Of a request the caller has another promise, which says the same.
            return this.#overflow === "reject" && question?.awaitsWrite !== false ? refused : markHandled(refused);
        }
        const sent = new Promise<undefined>((resolve, reject) => {
            const expires = now() + this.#maxAge;
            const waiting: Waiting = { frame, question, bytes, expires, resolve, reject };
            this.#waiting.add(waiting);
            if (!question) return;
            question.onQueueError = (error) => {
                this.#drop(waiting, error);
            };
        });
        this.#bytes += bytes;
        this.#watch();
        this.#failAll(dropped, full());
        return markHandled(sent);
    }

    /** Whether what waits is being sent over this connection, so that what is sent now has to wait behind it. */
    isSendingTo(connection: Connection): boolean {
        return this.#sendingTo === connection;
    }

    /** Sends all that waits, as long as the connection lasts, and not so fast that `slow_consumer` would refuse it. */
    flush(connection: Connection): void {
        this.#sendingTo = connection;
        const again = (): void => {
            if (this.#sendingTo === connection) this.flush(connection);
        };
        // What is added meanwhile comes next: a question that cannot be sent may be asked again at once.
        let count = this.#waiting.size;
        for (const waiting of this.#waiting) {
            if (count === 0 || !connection.socket.writable) break;
            // With "wait" nothing is refused: what waits there waits as well in the connection.
            if (connection.limits.slowConsumer !== "wait" && connection.exceeds(connection.limits.maxBuffered / 2)) {
                connection.onceWritable(again);
                return;
            }
            count -= 1;
            this.#remove(waiting);
            waiting.resolve(connection.send(waiting.frame, waiting.question));
        }
        if (this.#waiting.size > 0 && connection.socket.writable) setImmediate(again);
        else this.#sendingTo = undefined;
    }

    /** Gives up all that waits. */
    clear(error: SockhopError): void {
        const all = [...this.#waiting];
        for (const waiting of all) this.#remove(waiting);
        this.#failAll(all, error);
    }

    /** Takes out the oldest until so many bytes fit. */
    #makeRoom(bytes: number): Waiting[] {
        const dropped: Waiting[] = [];
        for (const oldest of this.#waiting) {
            if (this.#waiting.size < this.#maxMessages && this.#bytes + bytes <= this.#maxBytes) break;
            this.#remove(oldest);
            dropped.push(oldest);
        }
        return dropped;
    }

    /** Given up while it waits. */
    #drop(waiting: Waiting, error: SockhopError): void {
        this.#remove(waiting);
        this.#failAll([waiting], error);
    }

    /** Tells of what was taken out. Last: a program may send again, also at once. */
    #failAll(taken: readonly Waiting[], error: SockhopError): void {
        for (const waiting of taken) waiting.reject(error);
        for (const { question } of taken) if (question) this.#fail(question, error);
    }

    /** In a later turn when another one has just failed: who asks again at once would have the next one dropped, and so on. */
    #fail(question: PendingReply, error: SockhopError): void {
        if (this.#failing) {
            setImmediate(() => question.fail(error));
            return;
        }
        this.#failing = true;
        try {
            question.fail(error);
        } finally {
            this.#failing = false;
        }
    }

    #remove(waiting: Waiting): void {
        if (waiting.question) waiting.question.onQueueError = undefined;
        if (!this.#waiting.delete(waiting)) return;
        this.#bytes -= waiting.bytes;
        if (this.#waiting.size > 0) return;
        this.#timer?.clear();
        this.#timer = undefined;
    }

    /** Sees to it that what gets too old is dropped: one timer, for the oldest. */
    #watch(): void {
        const [oldest] = this.#waiting;
        if (this.#timer?.isCurrent || !oldest || this.#maxAge >= MAX_TIMEOUT) return;
        this.#timer?.clear();
        const delay = Math.max(0, oldest.expires - now());
        const due = now() + delay;
        this.#timer = new GraceTimeout(delay, () => {
            this.#timer = undefined;
            this.#expire(Math.max(now(), due)); // where only the timers are faked, the clock stands still
        }).unref();
    }

    #expire(time: number): void {
        const expired: Waiting[] = [];
        for (const waiting of this.#waiting) {
            if (waiting.expires - time >= 1) break;
            this.#remove(waiting);
            expired.push(waiting);
        }
        this.#watch();
        this.#failAll(expired, new SockhopError("Not connected in time (max_age)", "ERR_QUEUE_EXPIRED"));
    }
}

function full(): SockhopError {
    return new SockhopError("The queue for messages sent without a connection is full", "ERR_QUEUE_FULL");
}
