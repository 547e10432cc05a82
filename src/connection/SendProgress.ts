/** What is known of the bytes that go out over a connection. */
export interface SendCounters {
    /** Bytes that the system has taken. */
    readonly bytesSent: number;
    /** Bytes that were given to the socket, and that the system has not reported as taken. */
    readonly bytesPending: number;
    /** Bytes of the write under way that the system has not taken. */
    readonly writeQueueSize: number;
}

/** Bytes that the buffers of both systems may hold on the way to the peer (Linux: 4 MiB to send, 6 MiB received). */
export const SYSTEM_BUFFERS = 10 * 2 ** 20;

/** Rounds that they get at most to be read. */
const MAX_ROUNDS = 20;

/**
 * Whether the peer reads, as far as our own side can tell, looked at once in each round of pings.
 *
 * It reads when the system takes more of what had to wait. (What is taken at once says nothing: the system has room for a
 * while when the peer is dead.) When all is taken, the buffers of the systems are full, and a pong comes only behind them: they
 * get the time that they need at the rate seen before.
 */
export class SendProgress {
    #taken = 0;
    #waited = 0;
    #queue = 0;
    /** Rounds since something has to wait, and what was taken before. */
    #rounds = 0;
    #takenBefore = 0;
    /** Rounds that are left for the buffers. */
    #grace = 0;

    /** Whether the peer reads, by what has changed since the last round. */
    isAdvancing({ bytesSent, bytesPending, writeQueueSize }: SendCounters): boolean {
        const moves = this.#waited > 0 && (bytesSent !== this.#taken || writeQueueSize < this.#queue);
        if (this.#waited === 0) {
            this.#rounds = 0;
            this.#takenBefore = this.#taken;
            this.#grace = Math.max(0, this.#grace - 1);
        } else {
            this.#rounds += 1;
            const rate = (bytesSent - this.#takenBefore) / this.#rounds;
            if (moves) this.#grace = rate > 0 ? Math.min(MAX_ROUNDS, Math.ceil(SYSTEM_BUFFERS / rate)) : 0;
        }
        this.#taken = bytesSent;
        this.#waited = bytesPending;
        this.#queue = writeQueueSize;
        return moves || (bytesPending === 0 && this.#grace > 0);
    }

    /** The peer has sent something: what waited for it in the buffers does not any more. */
    onReceived(): void {
        this.#grace = 0;
    }
}
