import { now } from "../runtime/clock";
import { GraceTimeout } from "../timers/GraceTimeout";
import { SYSTEM_BUFFER_BYTES } from "./writing/SendProgress";

/** Milliseconds between two checks. */
const CHECK_INTERVAL_MS = 250;

/** Number of checks in a row without progress after which a transfer is stalled. */
const MAX_STALLED_CHECKS = 2;

/** Progress between two checks: both this number of bytes and this share of all. */
const MIN_BYTES = 1024;
const MIN_SHARE = 0.01;

/** Maximum time in which the peer reads the system buffers, in milliseconds. */
const MAX_GRACE_MS = 5000;

/** Counters of a connection that a {@link TransferWatch} reads. */
export interface TransferCounters {
    /** Bytes that the operating system has accepted. */
    readonly bytesSent: number;
    /** Bytes that were written to the socket, and whose write Node has not reported as complete. */
    readonly bytesPending: number;
    readonly writeQueueSize: number;
    readonly bytesReceived: number;
    /** Number of frames that have ended. */
    readonly framesReceived: number;
    /** Frame that has started and not ended. */
    readonly partialFrame: { readonly length: number } | undefined;
}

/** One call of `wait()`: what was in transit at that time. */
interface TransferWait {
    /** Value that `bytesSent` must reach; 0 if no bytes were pending. */
    readonly targetBytesSent: number;
    /** Sequence number of the frame that must end; `undefined` if no frame had started. */
    readonly frame: number | undefined;
    /** Start time on the clock of `performance.now()`. */
    readonly startedAt: number;
    /** Bytes that the operating system had not accepted at the start. */
    readonly bytesLeft: number;
    ended(grace: number | undefined): void;
}

/**
 * Watches the bytes in transit over one connection after a timeout. Bytes that flow prove that the peer is alive, even
 * if a single write or frame needs longer than the timeout.
 *
 * The extension is bounded: it covers only what was in transit at its start, and only while at least 1 KiB and 1 % of
 * it moves between two checks. So a peer cannot extend the timeout by reading or writing one byte from time to time.
 */
export class TransferWatch {
    readonly #counters: TransferCounters;
    #waits: TransferWait[] = [];
    #timer: GraceTimeout | undefined;
    #bytesSent = 0;
    #writeQueueSize = 0;
    #bytesReceived = 0;
    #stalledChecks = 0;

    constructor(counters: TransferCounters) {
        this.#counters = counters;
    }

    /**
     * Calls `ended` once, when everything that is in transit now has arrived, or has stalled.
     *
     * `ended` receives the milliseconds that the peer needs to read the system buffers at the rate of this transfer, if
     * there were bytes to send and the operating system has accepted them all; otherwise `undefined`.
     *
     * @param bytesBefore - bytes that are not sent do not count if `bytesSent` is larger than this: they were written
     *     after what the caller waits for
     * @returns false if nothing is in transit; `ended` is not called then
     */
    wait(ended: TransferWait["ended"], bytesBefore = Infinity): boolean {
        const { bytesSent, writeQueueSize, framesReceived, partialFrame } = this.#counters;
        const bytesPending = bytesSent > bytesBefore ? 0 : this.#counters.bytesPending;
        if (bytesPending === 0 && !partialFrame) return false;
        this.#waits.push({
            targetBytesSent: bytesPending === 0 ? 0 : bytesSent + bytesPending,
            frame: partialFrame && framesReceived,
            startedAt: now(),
            bytesLeft: writeQueueSize || bytesPending,
            ended,
        });
        if (!this.#timer) {
            this.#stalledChecks = 0;
            this.#saveCounters();
            this.#startTimer();
        }
        return true;
    }

    /** Ends all waits without a grace time: the connection is closed. */
    close(): void {
        this.#timer?.clear();
        this.#timer = undefined;
        for (const wait of this.#waits.splice(0)) wait.ended(undefined);
    }

    #saveCounters(): void {
        const { bytesSent, writeQueueSize, bytesReceived } = this.#counters;
        this.#bytesSent = bytesSent;
        this.#writeQueueSize = writeQueueSize;
        this.#bytesReceived = bytesReceived;
    }

    #startTimer(): void {
        this.#timer = new GraceTimeout(CHECK_INTERVAL_MS, () => {
            this.#timer = undefined;
            this.#stalledChecks += 1;
            if (this.#isMoving()) {
                this.#stalledChecks = 0;
                this.#saveCounters(); // not in a stalled check, so that the bytes of two checks in a row are added
            }
            this.#endWaits(this.#stalledChecks >= MAX_STALLED_CHECKS);
            if (this.#waits.length > 0 && !this.#hasTimer()) this.#startTimer();
        }).unref();
    }

    /** True if a timer runs: `ended` may have called `wait()` again. */
    #hasTimer(): boolean {
        return this.#timer !== undefined;
    }

    #isMoving(): boolean {
        const { bytesSent, bytesPending, writeQueueSize, bytesReceived, partialFrame } = this.#counters;
        const sent =
            bytesSent === this.#bytesSent ? this.#writeQueueSize - writeQueueSize : bytesSent - this.#bytesSent;
        const received = bytesReceived - this.#bytesReceived;
        return isProgress(sent, bytesPending) || isProgress(received, partialFrame?.length ?? 0);
    }

    #endWaits(isStalled: boolean): void {
        const { bytesSent, framesReceived, partialFrame } = this.#counters;
        const isOver = ({ targetBytesSent, frame }: TransferWait): boolean =>
            isStalled ||
            (bytesSent >= targetBytesSent && (frame === undefined || framesReceived > frame || !partialFrame));
        const over = this.#waits.filter(isOver);
        this.#waits = this.#waits.filter((wait) => !isOver(wait));
        for (const wait of over) {
            const isSent = wait.targetBytesSent > 0 && bytesSent >= wait.targetBytesSent;
            wait.ended(isSent ? graceMs(wait) : undefined);
        }
    }
}

/** Milliseconds that the peer needs to read the system buffers at the rate of this transfer. */
function graceMs({ startedAt, bytesLeft }: TransferWait): number {
    const rate = bytesLeft / Math.max(1, now() - startedAt);
    return Math.min(MAX_GRACE_MS, Math.ceil(SYSTEM_BUFFER_BYTES / rate));
}

/** True if bytes move fast enough. On a slow network they do; those of a peer that moves one byte from time to time do not. */
export function isProgress(moved: number, total: number): boolean {
    return moved >= MIN_BYTES && moved >= MIN_SHARE * total;
}
