/**
 * Number of objects of one Set. V8 has the table of a larger one in memory of its own, which the operating system must provide
 * each time: 14 000 objects take three times as long in one Set.
 */
const PART_SIZE = 4096;

/** Number of Sets of that size. All must be searched, so the one behind them has any size. */
const MAX_PARTS = 8;

/** Set of objects, in the order in which they were added. */
export class ObjectSet {
    readonly #parts: Set<unknown>[] = [];
    #latest: Set<unknown>;

    constructor(objects: readonly unknown[]) {
        this.#latest = new Set(objects);
    }

    has(object: unknown): boolean {
        return this.#latest.has(object) || this.#isInParts(object);
    }

    /** Adds an object. Returns false if it is there already. */
    add(object: unknown): boolean {
        if (this.#isInParts(object)) return false;
        const latest = this.#latest;
        const { size } = latest;
        latest.add(object);
        if (latest.size === size) return false;
        if (latest.size === PART_SIZE && this.#parts.length < MAX_PARTS) {
            this.#parts.push(latest);
            this.#latest = new Set();
        }
        return true;
    }

    #isInParts(object: unknown): boolean {
        for (const part of this.#parts) if (part.has(object)) return true;
        return false;
    }

    *[Symbol.iterator](): Generator {
        for (const part of this.#parts) yield* part;
        yield* this.#latest;
    }
}
