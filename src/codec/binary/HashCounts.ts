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
 * Counts the numbers and BigInts of a Set, or of the keys of a Map, by their hashes in V8, which have no seed: a peer
 * can choose values with the same low bits. A Set of 60 000 such numbers, which are 300 kB, took 4.4 s (Node 20.20). So did one
 * of 20 000 BigInts with the same low 64 bits, which have the same hash (400 kB, 2.3 s).
 *
 * With another hash function, the counts are those of a random one, and far below the bound.
 */
export class HashCounts {
    /** Large BigInts by their low 64 bits. */
    #large: Map<bigint, number> | undefined;
    #size = 0;
    #counters: Uint16Array | undefined;

    /** Returns false for a number or BigInt that would make the Set slow. */
    accept(item: unknown): boolean {
        if (typeof item === "bigint") {
            if (!this.#acceptLarge(item)) return false;
        } else if (typeof item !== "number") return true;
        this.#size += 1;
        if (this.#size <= UNCOUNTED) return true;
        const counters = (this.#counters ??= new Uint16Array(COUNTERS));
        const index = hashOf(item) & (COUNTERS - 1);
        const count = (counters[index] as number) + 1;
        counters[index] = count;
        return count <= $.MAX_SAME_HASH + this.#size / $.ITEMS_PER_SAME_HASH;
    }

    #acceptLarge(item: bigint): boolean {
        if (item < POSITIVE && item > NEGATIVE) return true;
        const bits = BigInt.asUintN(64, item < 0n ? -item : item);
        this.#large ??= new Map();
        const count = (this.#large.get(bits) ?? 0) + 1;
        this.#large.set(bits, count);
        return count <= $.MAX_SAME_BITS;
    }
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
