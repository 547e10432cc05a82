"use strict";
// The source of all random choices in the soak test, so that a seed repeats a run as far as timing allows.

class Random {
    #state;

    /** `seed` is any value with a string form. The same seed gives the same numbers. */
    constructor(seed) {
        this.#state = fnv1a(String(seed));
    }

    /** From 0 to below 1 (mulberry32). */
    next() {
        this.#state = (this.#state + 0x6d2b79f5) | 0;
        let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
        bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
        return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    }

    /** A whole number; both ends can occur. */
    between(low, high) {
        return low + Math.floor(this.next() * (high - low + 1));
    }

    chance(probability) {
        return this.next() < probability;
    }

    pick(list) {
        return list[Math.floor(this.next() * list.length)];
    }

    /** One of the keys, with a probability according to its weight. */
    weighted(weights) {
        const entries = Object.entries(weights);
        let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
        for (const [key, weight] of entries) {
            left -= weight;
            if (left < 0) return key;
        }
        return entries[0][0];
    }
}

/** A hash of 32 bits. */
function fnv1a(text) {
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
    return hash;
}

module.exports = Random;
