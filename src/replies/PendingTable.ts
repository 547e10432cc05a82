/** Entry of one {@link PendingTable}. The table sets all members but `id`. */
export interface PendingEntry {
    /** UUID or number that this process has generated. */
    readonly id: string | number;
    /** Hash of the id. */
    hash: number;
    /** Next entry of the same bucket. */
    next: PendingEntry | undefined;
    /** Number that increases with each entry of the table. */
    order: number;
}

/** Id of an entry before it is sent. */
export const NO_ID = 0;

/** Number of digits of a UUID that form its hash. A number is its own hash. */
const HASH_DIGITS = 4;

/** Number of buckets of an empty table, and the maximum. Powers of two. */
const MIN_BUCKETS = 16;
const MAX_BUCKETS = 16 ** HASH_DIGITS;

/**
 * Pending replies by id.
 *
 * Not a Map, because V8 keeps old tables of a Map alive: when a table is full of deleted entries, V8 creates a new one,
 * and the old one points to it. After one table has moved to the old generation of the heap, all later tables, with
 * everything that they ever held, survive until the next full garbage collection. (100 calls in flight: a call cost a
 * client 2.5 µs of processor time, and 3.6 µs after the first full collection. This table also saves 0.2 µs of
 * hashing.)
 */
export class PendingTable<T extends PendingEntry> {
    #buckets: (PendingEntry | undefined)[] = new Array<undefined>(MIN_BUCKETS).fill(undefined);
    #size = 0;
    #nextOrder = 0;

    get size(): number {
        return this.#size;
    }

    add(entry: T): void {
        if (this.#size === this.#buckets.length && this.#size < MAX_BUCKETS) this.#grow();
        entry.hash = hashOf(entry.id);
        entry.order = this.#nextOrder++;
        this.#size += 1;
        this.#link(entry);
    }

    /** @param id - id that a peer has sent, of any type */
    get(id: unknown): T | undefined {
        if (typeof id !== "string" && typeof id !== "number") return undefined;
        let entry = this.#buckets[this.#bucketOf(hashOf(id))];
        while (entry && entry.id !== id) entry = entry.next;
        return entry as T | undefined;
    }

    /** Removes an entry. Does nothing if the table does not contain it. */
    delete(entry: T): void {
        const bucket = this.#bucketOf(entry.hash);
        let previous: PendingEntry | undefined;
        let current = this.#buckets[bucket];
        while (current && current !== entry) {
            previous = current;
            current = current.next;
        }
        if (!current) return;
        if (previous) previous.next = entry.next;
        else this.#buckets[bucket] = entry.next;
        entry.next = undefined;
        this.#size -= 1;
    }

    /** Iterates over a snapshot, oldest entry first. */
    *[Symbol.iterator](): Generator<T> {
        yield* this.#entries().sort((a, b) => a.order - b.order);
    }

    #entries(): T[] {
        const entries: T[] = [];
        for (const first of this.#buckets) {
            for (let entry = first; entry; entry = entry.next) entries.push(entry as T);
        }
        return entries;
    }

    #grow(): void {
        const entries = this.#entries();
        this.#buckets = new Array<undefined>(2 * this.#buckets.length).fill(undefined);
        for (const entry of entries) this.#link(entry);
    }

    #link(entry: PendingEntry): void {
        const bucket = this.#bucketOf(entry.hash);
        entry.next = this.#buckets[bucket];
        this.#buckets[bucket] = entry;
    }

    #bucketOf(hash: number): number {
        return hash & (this.#buckets.length - 1);
    }
}

/** First digits of a UUID as a number. They are random, so they spread like a hash, and are quicker to compute. */
function hashOf(id: string | number): number {
    if (typeof id === "number") return id;
    let hash = 0;
    for (let index = 0; index < HASH_DIGITS; index++) {
        const code = id.charCodeAt(index);
        hash = (hash << 4) | ((code & 15) + 9 * (code >> 6)); // value of a hexadecimal digit
    }
    return hash;
}
