import { SockhopError, causedBy, notConnectedError } from "../../SockhopError";
import { Deferred } from "../../timers/Deferred";
import type { GraceTimeout } from "../../timers/GraceTimeout";
import type { HeldFrames } from "./HeldFrames";
import { Journal, type JournalLimits } from "./Journal";

/**
 * Received frames and bytes after which an acknowledgement is sent at once: each is one more write, and splits the frames of a
 * tick. (100 calls in flight, codec `"binary"`: 1.05 of the processor time without `resume`, and 1.16 with a quarter of these.)
 */
const MAX_UNACKNOWLEDGED_FRAMES = 4000;
const MAX_UNACKNOWLEDGED_BYTES = 262_144;

/** Time without a usable socket. */
export interface Interruption {
    /** Argument of `interrupted`. */
    readonly error: Error;
    /** Start on the clock of `performance.now()`. */
    readonly startedAt: number;
    /** Ends the connection. */
    readonly timer: GraceTimeout;
}

/** Agreement of both ends. */
export interface ResumptionStart {
    readonly token: string;
    /** Milliseconds. */
    readonly timeout: number;
    /** Number of messages that the connection has sent before. */
    readonly framesSent: number;
    readonly fingerprint?: string | undefined;
}

/** Call of `flush()`. */
interface FlushWait {
    /** Number of frames that the peer must acknowledge. */
    readonly target: number;
    resolve(): void;
    reject(error: SockhopError): void;
}

/** Limit of a call of `flush()`. */
export interface WaitLimit {
    /** Calls `end` when the call ends early. */
    endWith(end: (error: SockhopError) => void): void;
}

/** State of a connection that both ends have agreed to resume. */
export class Resumption {
    readonly journal: Journal;
    // Secret: private members are not printed with the socket.
    #token: string;
    #previousToken: string | undefined;
    /** Longest interruption in milliseconds. */
    timeout: number;
    /** Number of frames that were received. */
    received = 0;
    /** 1 while messages of the last received frame are not handled: if the connection ends now, they are lost. */
    unfinished = 0;
    /** Number of {@link complete} frames, and bytes of the connection, at the last acknowledgement. */
    #acknowledgedFrames = 0;
    #acknowledgedBytes = 0;
    /** True while a timer will send an acknowledgement. */
    isReceiptPlanned = false;
    /** Lines that were added since the last flush. */
    lines = 0;
    /** Number of messages of the connection at the last flush. */
    framesFlushed: number;
    /** True if the connection does not survive its socket any more. */
    isOver = false;
    /** True while the connection, which is closed, waits until the peer has acknowledged all that was sent. */
    isLeaving = false;
    /** Set while the connection has no usable socket. */
    interruption: Interruption | undefined;
    interruptions = 0;
    /** Number of frames that were written again. */
    replayed = 0;
    /** True if frames had to wait in the journal, and `drain` was not emitted since. */
    hasWaited = false;
    /** Frames that are not handled before the program reads on; `undefined` while it reads. */
    held: HeldFrames | undefined;
    /** True if the peer was asked for an acknowledgement, as frames wait in the journal, and has acknowledged none since. */
    hasAsked = false;
    /** True while entries of the journal are written. */
    isWriting = false;
    /** Fingerprint of the certificate of the client, on a server. */
    readonly fingerprint: string | undefined;
    #flushes: Set<FlushWait> | undefined;
    /** Number of acknowledged frames at the last interruption, and its end. */
    #stuckAt = -1;
    #deadline = 0;

    constructor(limits: JournalLimits, { token, timeout, framesSent, fingerprint }: ResumptionStart) {
        this.framesFlushed = framesSent;
        this.journal = new Journal(limits);
        this.#token = token;
        this.timeout = timeout;
        this.fingerprint = fingerprint;
    }

    /** Number of received frames, of which every message is handled, or about to be. */
    get complete(): number {
        return this.received - this.unfinished;
    }

    /** Counts the last frame as not received if not all of its messages are handled: the connection handles no more. */
    dropUnfinished(): void {
        this.received = this.complete;
        this.unfinished = 0;
    }

    /** Token that the client presents. */
    get token(): string {
        return this.#token;
    }

    set token(token: string) {
        this.#token = token;
    }

    /** Token before the current one, until the client has confirmed that. */
    get previousToken(): string | undefined {
        return this.#previousToken;
    }

    set previousToken(token: string | undefined) {
        this.#previousToken = token;
    }

    /** True if the peer does not know of all received frames. */
    get owesReceipt(): boolean {
        return this.received > this.#acknowledgedFrames;
    }

    /** True if an acknowledgement should not wait. */
    isReceiptDue(bytesReceived: number): boolean {
        return (
            this.received - this.#acknowledgedFrames >= MAX_UNACKNOWLEDGED_FRAMES ||
            bytesReceived - this.#acknowledgedBytes >= MAX_UNACKNOWLEDGED_BYTES
        );
    }

    /** Records that the peer is told of all complete frames. */
    onReceiptSent(bytesReceived: number): void {
        this.#acknowledgedFrames = this.complete;
        this.#acknowledgedBytes = bytesReceived;
    }

    /**
     * Handles an acknowledgement.
     *
     * @param held - number of frames that the peer has in addition, and may ask for again
     * @returns false if it is not valid
     */
    acknowledge(received: number, held: number): boolean {
        if (!this.journal.acknowledge(received)) return false;
        this.settleFlushes(held);
        return true;
    }

    /**
     * End of an interruption that begins now. A frame that no socket gets through does not prolong it: the timeout counts from
     * the first interruption since the peer has acknowledged anything.
     */
    nextDeadline(time: number): number {
        const { isEmpty, acknowledged } = this.journal;
        if (isEmpty || acknowledged !== this.#stuckAt) this.#deadline = time + this.timeout;
        this.#stuckAt = isEmpty ? -1 : acknowledged;
        return Math.max(time, this.#deadline);
    }

    /** True while calls of `flush()` wait. */
    get hasFlushes(): boolean {
        return this.#flushes !== undefined;
    }

    /** Waits until the peer has received all frames that were added. */
    flushed(limit?: WaitLimit): Promise<void> {
        const target = this.journal.added;
        if (this.journal.acknowledged >= target) return Promise.resolve();
        const { promise, resolve, reject } = new Deferred();
        const flush = { target, resolve, reject };
        (this.#flushes ??= new Set()).add(flush);
        limit?.endWith((error) => {
            this.#forget(flush);
            reject(error);
        });
        return promise;
    }

    /** Resolves the calls of `flush()` whose frames are acknowledged. */
    settleFlushes(held = 0): void {
        const received = Math.min(this.journal.acknowledged + held, this.journal.sent);
        for (const flush of this.#flushes ?? []) {
            if (flush.target > received) continue;
            this.#forget(flush);
            flush.resolve();
        }
    }

    #forget(flush: FlushWait): void {
        this.#flushes?.delete(flush);
        if (this.#flushes?.size === 0) this.#flushes = undefined;
    }

    /**
     * Ends the resumption: the connection closes.
     *
     * @param isWriting - true if the socket still sends what was written
     */
    end(isWriting: boolean, cause: Error | undefined): void {
        this.isOver = true;
        this.interruption?.timer.clear();
        const error = withUnacknowledged(notConnectedError(cause), this.journal.messages);
        this.journal.end(error, isWriting);
        const flushes = this.#flushes ?? [];
        this.#flushes = undefined;
        for (const flush of flushes) flush.reject(error);
    }
}

/** Adds the number of messages that the peer has not acknowledged. */
export function withUnacknowledged(error: SockhopError, unacknowledged: number): SockhopError {
    return Object.assign(error, { unacknowledged });
}

/** Error of a connection that cannot be resumed. */
export function notResumedError(message: string, unacknowledged: number, cause?: unknown): SockhopError {
    const error = new SockhopError(message, "ERR_NOT_RESUMED", causedBy(cause));
    return withUnacknowledged(error, unacknowledged);
}
