import { detach } from "../../runtime/detach";
import type { TappedMessage } from "../frames/parseFrame";
import type { Side } from "../protocol";

/** Calls and requests whose replies are awaited, of all connections. */
const MAX_PENDING = 10_000;

/** Times of one second that percentiles are computed from. */
const MAX_TIMES = 5000;

/** Longest text of an id. Ids of sockhop have 36 characters. */
export const MAX_ID = 100;

/** Characters of a type that are remembered. */
const MAX_TYPE = 200;

/** Call or request that waits for its reply. */
interface Asked {
    start: number;
    type: string | undefined;
    /** True if the message is kept, so that its reply should be kept too. */
    isKept: boolean;
    hasReply: boolean;
}

/** Time that a reply took, in milliseconds, and the type of its call. */
export interface ReplyTime {
    took: number;
    asked?: string;
    isKept: boolean;
}

/** Measures the time from calls and requests to their replies. */
export class ReplyTimes {
    /** Calls and requests of each connection, the oldest first. */
    readonly #asked = new Map<number, Map<string, Asked>>();
    #count = 0;
    #times: number[] = [];

    /** Remembers a call or request. If there are too many, the oldest one of the connection is forgotten. */
    onAsked(connection: number, from: Side, { id, kind, type }: TappedMessage, isKept: boolean): void {
        const key = keyOf(from, kind === "request", id);
        if (key === undefined) return;
        const ofConnection = this.#asked.get(connection) ?? new Map<string, Asked>();
        this.#forget(ofConnection, key); // so that it becomes the newest
        if (this.#count >= MAX_PENDING) {
            const [oldest] = ofConnection.keys();
            if (oldest === undefined) return;
            this.#forget(ofConnection, oldest);
        }
        const name = typeof type === "string" ? detach(type.slice(0, MAX_TYPE)) : undefined;
        ofConnection.set(key, { start: performance.now(), type: name, isKept, hasReply: false });
        this.#count += 1;
        this.#asked.set(connection, ofConnection);
    }

    /** Measures a reply. `undefined` if its call is not known. A response has one time, but each part of it is measured. */
    onReply(connection: number, from: Side, { id, kind, last, error }: TappedMessage): ReplyTime | undefined {
        const key = keyOf(from === "client" ? "server" : "client", kind === "response", id);
        const ofConnection = this.#asked.get(connection);
        const asked = key === undefined ? undefined : ofConnection?.get(key);
        if (key === undefined || !ofConnection || !asked) return undefined;
        const took = performance.now() - asked.start;
        if (!asked.hasReply && this.#times.length < MAX_TIMES) this.#times.push(took);
        asked.hasReply = true;
        if (kind === "answer" || last === true || error !== undefined) this.#forget(ofConnection, key);
        const { type, isKept } = asked;
        return { took, isKept, ...(type !== undefined && { asked: type }) };
    }

    /** Forgets what a connection has asked. */
    onClose(connection: number): void {
        this.#count -= this.#asked.get(connection)?.size ?? 0;
        this.#asked.delete(connection);
    }

    /** Number of calls and requests that are remembered. */
    get size(): number {
        return this.#count;
    }

    #forget(ofConnection: Map<string, Asked>, key: string): void {
        if (ofConnection.delete(key)) this.#count -= 1;
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

function keyOf(asker: Side, isRequest: boolean, id: unknown): string | undefined {
    if (typeof id !== "string" && typeof id !== "number") return undefined;
    const text = String(id);
    return text.length > MAX_ID ? undefined : `${asker} ${isRequest ? "r" : "c"} ${text}`;
}
