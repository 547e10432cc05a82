import { now } from "../runtime/clock";
import type { ClusterStats } from "./ClusterEvents";

/** Part of the stats that is counted here; the rest is the state of others. */
type Counted = Omit<ClusterStats, "members" | "degraded_ms" | "buffered" | "pending" | "round_trip">;

/** Counters of a cluster. */
export class ClusterCounters {
    readonly counts: Counted = {
        messages_sent: 0,
        messages_received: 0,
        bytes_sent: 0,
        bytes_received: 0,
        missed: 0,
        refused: 0,
        outages: 0,
    };
    /** Milliseconds of all outages before the current one. */
    #degraded = 0;
    #degradedAt: number | undefined;

    beginOutage(): void {
        this.counts.outages += 1;
        this.#degradedAt = now();
    }

    endOutage(): void {
        this.#degraded = this.degraded;
        this.#degradedAt = undefined;
    }

    /** Milliseconds of all outages. */
    get degraded(): number {
        return this.#degraded + (this.#degradedAt === undefined ? 0 : now() - this.#degradedAt);
    }
}
