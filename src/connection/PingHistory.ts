import { SockhopPing, SockhopPong } from "../protocol/SockhopPing";
import { now } from "../runtime/clock";
import { type SendCounters, SendProgress } from "./writing/SendProgress";

/**
 * Number of pings that are kept. The peer is dead if none of them got a pong and there was no activity since the first.
 */
const MAX_SILENT_INTERVALS = 4;

/** Maximum length of a time in a pong, in characters. A time in ISO 8601 is shorter. */
const MAX_TIME_LENGTH = 64;

/** Counters of a connection that show activity of the peer. */
export interface ActivityCounters extends SendCounters {
    readonly bytesReceived: number;
}

/**
 * Pings of one connection. Created for the first ping, because a connection without pings should use no memory for
 * them.
 */
export class PingHistory {
    /** Newest pings, at most four. */
    pings: SockhopPing[] = [];
    /** Milliseconds between the last ping that got a pong and its pong. */
    roundTrip: number | undefined;
    /** Time of the newest ping, on the clock of `performance.now()`. */
    #sentAt = NaN;
    /** Number of ping intervals without activity of the peer, since its last activity. */
    #silentIntervals = 0;
    #bytesReceived = -1;
    readonly #sendProgress = new SendProgress();

    /** Creates the next ping; `undefined` if the peer is dead. */
    next(counters: ActivityCounters): SockhopPing | undefined {
        const ping = new SockhopPing();
        this.#silentIntervals = this.#isAlive(counters) ? 0 : this.#silentIntervals + 1;
        this.pings = [...this.pings, ping].slice(-MAX_SILENT_INTERVALS);
        if (this.#silentIntervals >= MAX_SILENT_INTERVALS - 1 && this.pings.every((each) => each.unanswered()))
            return undefined;
        this.#sentAt = now();
        return ping;
    }

    /** True if the peer has sent something, or reads what we send. */
    #isAlive(counters: ActivityCounters): boolean {
        const isReading = this.#sendProgress.isAdvancing(counters);
        const isSending = counters.bytesReceived !== this.#bytesReceived;
        this.#bytesReceived = counters.bytesReceived;
        if (isSending) this.#sendProgress.onReceived();
        return isSending || isReading;
    }

    /** @param pong - data from the peer: its members can have any type */
    onPong({ _id, _returned }: Partial<SockhopPong>): void {
        const pong = new SockhopPong({ _id, _returned: isTime(_returned) ? _returned : null });
        for (const ping of this.pings) ping.conclude_with_pong(pong);
        const newest = this.pings.at(-1);
        if (newest && _id === newest._id) this.roundTrip = now() - this.#sentAt;
    }

    /** Forgets all pings. Called when the ping interval changes. */
    reset(): void {
        this.pings = [];
        this.#silentIntervals = 0;
    }
}

/** True for a time in a pong. A longer string is not kept, because it would stay in memory as long as its ping. */
function isTime(value: unknown): boolean {
    return typeof value === "string" && value.length <= MAX_TIME_LENGTH;
}
