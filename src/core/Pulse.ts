import { SockhopPing, type SockhopPong } from "../protocol/SockhopPing";

/** How many pings are remembered. When there are so many, and nothing was heard since the first, the peer is dead. */
const PATIENCE = 4;

/** The pings of one connection. Made for the first of them, since connections that are not pinged should cost nothing. */
export class Pulse {
    /** The newest, at most four. */
    pings: SockhopPing[] = [];
    /** Milliseconds that the last one has taken which was answered. */
    roundTrip: number | undefined;
    /** When the newest was sent, on the clock of `performance.now()`. */
    #sentAt = NaN;
    /** Rounds in which nothing was heard of the peer, since what was heard last. */
    #quietRounds = 0;
    #heard: number | undefined;

    /**
     * The next ping, or nothing when the peer is dead.
     *
     * @param heard - a number that changes when the peer shows that it lives
     */
    next(heard: number): SockhopPing | undefined {
        const ping = new SockhopPing();
        this.#quietRounds = heard === this.#heard ? this.#quietRounds + 1 : 0;
        this.#heard = heard;
        this.pings = [...this.pings, ping].slice(-PATIENCE);
        if (this.#quietRounds >= PATIENCE - 1 && this.pings.every((each) => each.unanswered())) return undefined;
        this.#sentAt = performance.now();
        return ping;
    }

    answered(pong: Partial<SockhopPong>): void {
        for (const ping of this.pings) ping.conclude_with_pong(pong);
        const newest = this.pings.at(-1);
        if (newest && pong._id === newest._id) this.roundTrip = performance.now() - this.#sentAt;
    }

    /** Another interval begins. */
    reset(): void {
        this.pings = [];
        this.#quietRounds = 0;
    }
}
