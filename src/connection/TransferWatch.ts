import { SYSTEM_BUFFERS } from "./SendProgress";
import { GraceTimeout } from "../timers/GraceTimeout";
import { now } from "../runtime/clock";

/** Milliseconds from one look to the next. */
const LOOK_MS = 250;

/** A transfer stalls when two looks in a row see fewer bytes than both of these move. */
const MIN_BYTES = 1024;
const MIN_SHARE = 0.01;
const MAX_STALLED_LOOKS = 2;

/** Longest time for the buffers of the systems to be read, in milliseconds. */
const MAX_GRACE_MS = 5000;

/** The bytes of a connection, as far as a {@link TransferWatch} looks at them. */
export interface TransferCounters {
    /** Bytes that the system has taken. */
    readonly bytesSent: number;
    /** Bytes that were given to the socket, and that the system has not reported as taken. */
    readonly bytesPending: number;
    readonly writeQueueSize: number;
    readonly bytesReceived: number;
    /** Number of frames that have ended. */
    readonly framesReceived: number;
    /** The frame that has begun. */
    readonly partialFrame: { readonly length: number } | undefined;
}

/** One that waits for the end of what was in transit when it came. */
interface TransferWait {
    /** Bytes that the system has to take; 0 when there were none. */
    readonly taken: number;
    /** The frame that has to end; `undefined` when none had begun. */
    readonly frame: number | undefined;
    /** When it came, on the clock of `performance.now()`, and bytes that the system had not taken then. */
    readonly since: number;
    readonly left: number;
    ended(grace: number | undefined): void;
}

/**
 * Watches what is in transit over one connection when a time limit has passed: bytes that flow are a sign of life, also when
 * one write or one frame takes longer than the limit.
 *
 * It has an end. It waits only for what was in transit at the beginning, and only while at least 1 KiB and a hundredth of that
 * moves between two looks. So a peer that reads or writes a byte now and then wins no time.
 */
export class TransferWatch {
    readonly #transfers: TransferCounters;
    #waiters: TransferWait[] = [];
    #timer: GraceTimeout | undefined;
    #taken = 0;
    #queue = 0;
    #received = 0;
    #stalledLooks = 0;

    constructor(transfers: TransferCounters) {
        this.#transfers = transfers;
    }

    /**
     * Calls `ended` once, when all that is in transit now has arrived, or does not move any more.
     *
     * When there was something to send, and the system has it all, it is given the milliseconds that the buffers of the systems
     * take at this rate, for as long is part of it still on its way. Otherwise it is given nothing.
     *
     * @returns false when nothing is in transit; then nothing is called
     */
    wait(ended: TransferWait["ended"]): boolean {
        const { bytesSent, bytesPending, writeQueueSize, framesReceived, partialFrame } = this.#transfers;
        if (bytesPending === 0 && !partialFrame) return false;
        this.#waiters.push({
            taken: bytesPending === 0 ? 0 : bytesSent + bytesPending,
            frame: partialFrame && framesReceived,
            since: now(),
            left: writeQueueSize || bytesPending,
            ended,
        });
        if (!this.#timer) {
            this.#stalledLooks = 0;
            this.#remember();
            this.#look();
        }
        return true;
    }

    /** The connection has closed: nothing is in transit any more. */
    close(): void {
        this.#timer?.clear();
        this.#timer = undefined;
        for (const waiter of this.#waiters.splice(0)) waiter.ended(undefined);
    }

    #remember(): void {
        ({ bytesSent: this.#taken, writeQueueSize: this.#queue, bytesReceived: this.#received } = this.#transfers);
    }

    #look(): void {
        this.#timer = new GraceTimeout(LOOK_MS, () => {
            this.#timer = undefined;
            this.#stalledLooks += 1;
            if (this.#moves()) {
                this.#stalledLooks = 0;
                this.#remember(); // not before, so that two looks in a row add up
            }
            this.#release(this.#stalledLooks >= MAX_STALLED_LOOKS);
            if (this.#waiters.length > 0 && !this.#isLooking()) this.#look();
        }).unref();
    }

    /** One that has ended may have come again. */
    #isLooking(): boolean {
        return this.#timer !== undefined;
    }

    #moves(): boolean {
        const { bytesSent, bytesPending, writeQueueSize, bytesReceived, partialFrame } = this.#transfers;
        const sent = bytesSent === this.#taken ? this.#queue - writeQueueSize : bytesSent - this.#taken;
        return isEnough(sent, bytesPending) || isEnough(bytesReceived - this.#received, partialFrame?.length ?? 0);
    }

    #release(stalled: boolean): void {
        const { bytesSent, framesReceived, partialFrame } = this.#transfers;
        const over = (waiter: TransferWait): boolean =>
            stalled ||
            (bytesSent >= waiter.taken &&
                (waiter.frame === undefined || framesReceived > waiter.frame || !partialFrame));
        const ended = this.#waiters.filter(over);
        this.#waiters = this.#waiters.filter((waiter) => !over(waiter));
        for (const waiter of ended)
            waiter.ended(waiter.taken > 0 && bytesSent >= waiter.taken ? graceOf(waiter) : undefined);
    }
}

/** Milliseconds that the buffers of the systems take at the rate of this transfer. */
function graceOf({ since, left }: TransferWait): number {
    const rate = left / Math.max(1, now() - since);
    return Math.min(MAX_GRACE_MS, Math.ceil(SYSTEM_BUFFERS / rate));
}

function isEnough(moved: number, left: number): boolean {
    return moved >= MIN_BYTES && moved >= MIN_SHARE * left;
}
