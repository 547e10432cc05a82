import { type SendCounters, SendProgress } from "./SendProgress";
import { SockhopPing, SockhopPong } from "../protocol/SockhopPing";
import { now } from "../runtime/clock";

/** How many pings are remembered. When there are so many, and nothing was heard since the first, the peer is dead. */
const MAX_SILENT_INTERVALS = 4;

/** Characters of a time in ISO 8601, and some more. */
const MAX_TIME_LENGTH = 64;

/** What a peer shows by the bytes of its connection. */
export interface ActivityCounters extends SendCounters {
    /** Bytes that have come in. */
    readonly bytesReceived: number;
}

/** The pings of one connection. Made for the first of them, since connections that are not pinged should cost nothing. */
export class PingHistory {
    /** The newest, at most four. */
    pings: SockhopPing[] = [];
    /** Milliseconds that the last one has taken which was answered. */
    roundTrip: number | undefined;
    /** When the newest was sent, on the clock of `performance.now()`. */
    #sentAt = NaN;
    /** Rounds in which nothing was heard of the peer, since what was heard last. */
    #silentIntervals = 0;
    #received = -1;
    readonly #sendProgress = new SendProgress();

    /**
     * The next ping, or nothing when the peer is dead.
     *
     * @param signs - of the connection
     */
    next(signs: ActivityCounters): SockhopPing | undefined {
        const ping = new SockhopPing();
        this.#silentIntervals = this.#isAlive(signs) ? 0 : this.#silentIntervals + 1;
        this.pings = [...this.pings, ping].slice(-MAX_SILENT_INTERVALS);
        if (this.#silentIntervals >= MAX_SILENT_INTERVALS - 1 && this.pings.every((each) => each.unanswered()))
            return undefined;
        this.#sentAt = now();
        return ping;
    }

    /** A peer lives when something has come from it, or when it reads. */
    #isAlive(signs: ActivityCounters): boolean {
        const reads = this.#sendProgress.isAdvancing(signs);
        const speaks = signs.bytesReceived !== this.#received;
        this.#received = signs.bytesReceived;
        if (speaks) this.#sendProgress.onReceived();
        return speaks || reads;
    }

    /** @param pong - as the peer has sent it: its members may be anything */
    onPong({ _id, _returned }: Partial<SockhopPong>): void {
        const pong = new SockhopPong({ _id, _returned: isTime(_returned) ? _returned : null });
        for (const ping of this.pings) ping.conclude_with_pong(pong);
        const newest = this.pings.at(-1);
        if (newest && _id === newest._id) this.roundTrip = now() - this.#sentAt;
    }

    /** Another interval begins. */
    reset(): void {
        this.pings = [];
        this.#silentIntervals = 0;
    }
}

/** A time as a pong has it. It is kept as long as its ping. */
function isTime(value: unknown): boolean {
    return typeof value === "string" && value.length <= MAX_TIME_LENGTH;
}
