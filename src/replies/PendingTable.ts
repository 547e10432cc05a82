/** What can be kept in a {@link PendingTable}, in one at a time. */
export interface PendingEntry {
    /** A UUID made here. */
    readonly uuid: string;
    /** Made of its uuid. */
    hash: number;
    /** The next in the same bucket. */
    next: PendingEntry | undefined;
    /** Those who came before have a lower one. */
    order: number;
}

/** How many digits of a UUID are looked at. */
const HASH_DIGITS = 4;

/** How many buckets there are at first, and in the end; always a power of two. */
const MIN_BUCKETS = 16;
const MAX_BUCKETS = 16 ** HASH_DIGITS;

/**
 * Those who wait for an answer, by the UUIDs that they were given here.
 *
 * Not a Map, because a Map outlives its purpose in V8: when its table is full of deleted entries a new one is made, and the
 * old one points to it. As soon as one table has been moved to where long-lived objects are, all that follow are taken for
 * alive, with all that was ever in them, until the next full collection. (100 questions in flight: a client took 2.5 µs of
 * processor time for each, and 3.6 µs after the first full collection. This table also saves 0.2 µs of hashing.)
 */
export class PendingTable<T extends PendingEntry> {
    #buckets: (PendingEntry | undefined)[] = new Array<undefined>(MIN_BUCKETS).fill(undefined);
    #size = 0;
    #turns = 0;

    get size(): number {
        return this.#size;
    }

    add(waiter: T): void {
        if (this.#size === this.#buckets.length && this.#size < MAX_BUCKETS) this.#grow();
        waiter.hash = hashOf(waiter.uuid);
        waiter.order = this.#turns++;
        this.#size += 1;
        this.#link(waiter);
    }

    /** @param uuid - what a peer says: it may be anything */
    get(uuid: unknown): T | undefined {
        if (typeof uuid !== "string") return undefined;
        let waiter = this.#buckets[this.#bucketOf(hashOf(uuid))];
        while (waiter && waiter.uuid !== uuid) waiter = waiter.next;
        return waiter as T | undefined;
    }

    /** Nothing happens when it is not there. */
    delete(waiter: T): void {
        const bucket = this.#bucketOf(waiter.hash);
        let before: PendingEntry | undefined;
        let each = this.#buckets[bucket];
        while (each && each !== waiter) {
            before = each;
            each = each.next;
        }
        if (!each) return;
        if (before) before.next = waiter.next;
        else this.#buckets[bucket] = waiter.next;
        waiter.next = undefined;
        this.#size -= 1;
    }

    /** In the order in which they came; as they are now, whatever becomes of them meanwhile. */
    *[Symbol.iterator](): Generator<T> {
        yield* this.#all().sort((one, other) => one.order - other.order);
    }

    #all(): T[] {
        const all: T[] = [];
        for (const first of this.#buckets) {
            for (let waiter = first; waiter; waiter = waiter.next) all.push(waiter as T);
        }
        return all;
    }

    #grow(): void {
        const all = this.#all();
        this.#buckets = new Array<undefined>(2 * this.#buckets.length).fill(undefined);
        for (const waiter of all) this.#link(waiter);
    }

    #link(waiter: PendingEntry): void {
        const bucket = this.#bucketOf(waiter.hash);
        waiter.next = this.#buckets[bucket];
        this.#buckets[bucket] = waiter;
    }

    #bucketOf(hash: number): number {
        return hash & (this.#buckets.length - 1);
    }
}

/** The first digits of our UUIDs are random: they spread as well as those of a hash, and are read sooner. */
function hashOf(uuid: string): number {
    let number = 0;
    for (let at = 0; at < HASH_DIGITS; at++) {
        const code = uuid.charCodeAt(at);
        number = (number << 4) | ((code & 15) + 9 * (code >> 6)); // the value of a hexadecimal digit
    }
    return number;
}
