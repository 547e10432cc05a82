import * as $ from "./layout";

/** First BigInts of more than 64 bits. */
const POSITIVE = 2n ** 64n;
const NEGATIVE = -POSITIVE;

/** Numbers and BigInts that are not counted: so few cannot make a Set slow. */
const UNCOUNTED = 256;

/** Number of counters; a power of two. V8 uses the low bits of a hash, too. */
const COUNTERS = 2 ** 16;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * Result of {@link HashCounts.check}: an item that may be added, one that the Set has, or one that would make it slow. An
 * item that the Set has can also be `"new"`: a few of them may be added again.
 */
export type HashCheck = "new" | "known" | "refused";

/**
 * Counts the numbers and BigInts of a Set, or of the keys of a Map, by their hashes in V8, which have no seed: a peer
 * can choose values with the same low bits. A Set of 60 000 such numbers, which are 300 kB, took 4.4 s (Node 20.20). So did one
 * of 20 000 BigInts with the same low 64 bits, which have the same hash (400 kB, 2.3 s).
 *
 * With another hash function, the counts are those of a random one, and far below the bound.
 *
 * Each number counts, also one that the Set has: it is found by a search of those with its hash, too. At the first number
 * above a bound, all are counted anew by their texts, whose hashes have a seed. From then on a number counts once.
 * (A Set with 2000 numbers and 1 000 000 repetitions of one, which are 1 MB: 0.25 instead of 12 s.)
 */
export class HashCounts {
    /** Large BigInts by their low 64 bits. */
    #large: Map<bigint, number> | undefined;
    #size = 0;
    #counters: Uint16Array | undefined;
    #texts: Set<string> | undefined;
    readonly #items: () => Iterable<unknown>;

    /** @param items - returns the items that were checked so far; it may return others too, that are not checked yet */
    constructor(items: () => Iterable<unknown>) {
        this.#items = items;
    }

    check(item: unknown): HashCheck {
        if (!isNumeric(item)) return "new";
        if (!this.#texts) {
            if (this.#count(item)) return "new";
            this.#countTexts();
        }
        return this.#checkText(item);
    }

    #checkText(item: number | bigint): HashCheck {
        const texts = this.#texts as Set<string>;
        const text = textOf(item);
        if (texts.has(text)) return "known";
        if (!this.#count(item)) return "refused";
        texts.add(text);
        return "new";
    }

    /** Counts each number once. */
    #countTexts(): void {
        this.#large = this.#counters = undefined;
        this.#size = 0;
        this.#texts = new Set();
        for (const item of this.#items()) if (isNumeric(item)) this.#checkText(item);
    }

    /** Returns false if there are too many numbers with the same hash. */
    #count(item: number | bigint): boolean {
        if (typeof item === "bigint" && !this.#countLarge(item)) return false;
        this.#size += 1;
        if (this.#size <= UNCOUNTED) return true;
        const counters = (this.#counters ??= new Uint16Array(COUNTERS));
        const index = hashOf(item) & (COUNTERS - 1);
        const count = (counters[index] as number) + 1;
        counters[index] = count;
        return count <= $.MAX_SAME_HASH + this.#size / $.ITEMS_PER_SAME_HASH;
    }

    #countLarge(item: bigint): boolean {
        if (item < POSITIVE && item > NEGATIVE) return true;
        const bits = BigInt.asUintN(64, item < 0n ? -item : item);
        this.#large ??= new Map();
        const count = (this.#large.get(bits) ?? 0) + 1;
        this.#large.set(bits, count);
        return count <= $.MAX_SAME_BITS;
    }
}

/** True for a value that is counted. */
export function isNumeric(value: unknown): value is number | bigint {
    return typeof value === "number" || typeof value === "bigint";
}

/** Text that no other number or BigInt has. It does not begin with a digit: V8 hashes the text of an index without a seed. */
export function textOf(item: number | bigint): string {
    return typeof item === "bigint" ? `n${item.toString(16)}` : `d${item}`;
}

/** Hash of V8: `ComputeUnseededHash` of an integer of 32 bits, otherwise `ComputeLongHash`. */
function hashOf(item: number | bigint): number {
    if (typeof item === "bigint") {
        const bits = item < 0n ? -item : item;
        return longHash(Number(BigInt.asUintN(32, bits)), Number(BigInt.asUintN(32, bits >> 32n)));
    }
    if ((item | 0) !== item) {
        double[0] = item;
        return longHash(words[0] as number, words[1] as number);
    }
    let hash = Math.imul(item, 32_767) - 1;
    hash ^= hash >>> 12;
    hash = Math.imul(hash, 5);
    hash ^= hash >>> 4;
    hash = Math.imul(hash, 2057);
    return hash ^ (hash >>> 16);
}

/** @param low - low 32 bits of a number of 64 bits */
function longHash(low: number, high: number): number {
    let [l, h] = multiplied(low, high, 2 ** 18 - 1);
    if (l === 0) h = (h - 1) >>> 0;
    l = (l - 1) >>> 0;
    [l, h] = multiplied(l ^ ((l >>> 31) | (h << 1)), h ^ (h >>> 31), 21);
    [l, h] = multiplied(l ^ ((l >>> 11) | (h << 21)), h ^ (h >>> 11), 65);
    return l ^ ((l >>> 22) | (h << 10));
}

/** Product modulo 2^64 with a factor below 2^21, as low and high words. */
function multiplied(low: number, high: number, factor: number): [number, number] {
    const product = (low >>> 0) * factor;
    return [product >>> 0, (Math.imul(high, factor) + Math.floor(product / 2 ** 32)) >>> 0];
}
