import type { TappedMessage } from "./parseFrame";
import type { Side } from "./protocol";

/** Calls and requests whose replies are awaited. */
const MAX_PENDING = 10_000;

/** Times of one second that percentiles are computed from. */
const MAX_TIMES = 5000;

/** Longest text of an id. Ids of sockhop have 36 characters. */
const MAX_ID = 100;

/** Call or request that waits for its reply. */
interface Asked {
    start: number;
    type: unknown;
    /** True if the message is kept, so that its reply should be kept too. */
    isKept: boolean;
    hasReply: boolean;
}

/** What is known of a reply. */
export interface ReplyTime {
    took: number;
    asked?: string;
    isKept: boolean;
}

/** Measures the time from calls and requests to their replies. The oldest calls are forgotten first. */
export class ReplyTimes {
    readonly #asked = new Map<string, Asked>();
    #times: number[] = [];

    /** Remembers a call or request. */
    onAsked(connection: number, from: Side, { id, kind, type }: TappedMessage, isKept: boolean): void {
        const key = keyOf(connection, from, kind === "request", id);
        if (key === undefined) return;
        this.#asked.delete(key); // so that it becomes the newest
        this.#asked.set(key, { start: performance.now(), type, isKept, hasReply: false });
        if (this.#asked.size <= MAX_PENDING) return;
        for (const oldest of this.#asked.keys()) {
            this.#asked.delete(oldest);
            break;
        }
    }

    /** Measures a reply. `undefined` if its call is not known. A response has one time, but each part of it is measured. */
    onReply(connection: number, from: Side, { id, kind, last, error }: TappedMessage): ReplyTime | undefined {
        const key = keyOf(connection, from === "client" ? "server" : "client", kind === "response", id);
        const asked = key === undefined ? undefined : this.#asked.get(key);
        if (key === undefined || asked === undefined) return undefined;
        const took = performance.now() - asked.start;
        if (!asked.hasReply && this.#times.length < MAX_TIMES) this.#times.push(took);
        asked.hasReply = true;
        if (kind === "answer" || last === true || error !== undefined) this.#asked.delete(key);
        const { type, isKept } = asked;
        return { took, isKept, ...(typeof type === "string" && { asked: type }) };
    }

    /** Returns the percentiles of the times since the last call. */
    percentiles(): { replies: number; p50: number | null; p99: number | null } {
        const times = this.#times.sort((a, b) => a - b);
        this.#times = [];
        return { replies: times.length, p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
    }
}

/** Nearest-rank percentile of sorted numbers. */
export function percentile(sorted: readonly number[], share: number): number | null {
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

function keyOf(connection: number, asker: Side, isRequest: boolean, id: unknown): string | undefined {
    if (typeof id !== "string" && typeof id !== "number") return undefined;
    const text = String(id);
    return text.length > MAX_ID ? undefined : `${connection} ${asker} ${isRequest ? "r" : "c"} ${text}`;
}
