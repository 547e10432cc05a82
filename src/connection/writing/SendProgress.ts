/** Counters of the outgoing bytes of a connection. */
export interface SendCounters {
    /** Bytes that the operating system has accepted. */
    readonly bytesSent: number;
    /** Bytes that were written to the socket, and whose write Node has not reported as complete. */
    readonly bytesPending: number;
    /** Bytes of the current write that the operating system has not accepted. */
    readonly writeQueueSize: number;
}

/**
 * Bytes that the buffers of both operating systems can hold on the way to the peer (Linux: 4 MiB to send, 6 MiB to
 * receive).
 */
export const SYSTEM_BUFFER_BYTES = 10 * 2 ** 20;

/** Maximum number of ping intervals in which the peer may read full system buffers without a pong. */
const MAX_GRACE_INTERVALS = 20;

/**
 * Detects from our own counters if the peer reads. It is called once in each ping interval.
 *
 * The peer reads if the operating system accepts more of a write that had to wait. (A write that is accepted at once
 * proves nothing: with a dead peer, the system buffers still accept some bytes.) After the last byte is accepted, the
 * system buffers are full, and a pong arrives only after the peer has read them. So the peer is given as many intervals
 * as this needs at the rate measured before.
 */
export class SendProgress {
    #bytesSent = 0;
    #bytesPending = 0;
    #writeQueueSize = 0;
    /** Number of intervals since a write had to wait, and the value of `bytesSent` before it. */
    #pendingIntervals = 0;
    #bytesSentBefore = 0;
    /** Number of intervals that remain for the system buffers. */
    #graceIntervals = 0;

    /** True if the peer reads, judged by the change since the last call. */
    isAdvancing({ bytesSent, bytesPending, writeQueueSize }: SendCounters): boolean {
        const isMoving =
            this.#bytesPending > 0 && (bytesSent !== this.#bytesSent || writeQueueSize !== this.#writeQueueSize);
        if (this.#bytesPending === 0) {
            this.#pendingIntervals = 0;
            this.#bytesSentBefore = this.#bytesSent;
            this.#graceIntervals = Math.max(0, this.#graceIntervals - 1);
        } else {
            this.#pendingIntervals += 1;
            const rate = (bytesSent - this.#bytesSentBefore) / this.#pendingIntervals;
            if (isMoving) {
                this.#graceIntervals =
                    rate > 0 ? Math.min(MAX_GRACE_INTERVALS, Math.ceil(SYSTEM_BUFFER_BYTES / rate)) : 0;
            }
        }
        this.#bytesSent = bytesSent;
        this.#bytesPending = bytesPending;
        this.#writeQueueSize = writeQueueSize;
        return isMoving || (bytesPending === 0 && this.#graceIntervals > 0);
    }

    /** Ends the grace intervals: the peer has sent something, so it has read the system buffers. */
    onReceived(): void {
        this.#graceIntervals = 0;
    }
}
