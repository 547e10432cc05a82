"use strict";

/** Number of buckets; chains get longer with more pending calls. */
const BUCKETS = 256;

/**
 * The callbacks of pending calls by id. Not a Map: V8 keeps the tables of old Maps alive after their
 * use, with all their entries, after the first full collection (see `src/replies/PendingTable.ts`).
 */
class PendingTable {
    #buckets = new Array(BUCKETS).fill(undefined);

    add(id, callback) {
        const bucket = bucketOf(id);
        this.#buckets[bucket] = { id, callback, next: this.#buckets[bucket] };
    }

    /** Removes and returns the callback for this id. */
    take(id) {
        const bucket = bucketOf(id);
        let before;
        let each = this.#buckets[bucket];
        while (each.id !== id) {
            before = each;
            each = each.next;
        }
        if (before) before.next = each.next;
        else this.#buckets[bucket] = each.next;
        each.next = undefined;
        return each.callback;
    }
}

/** Hashes the first characters, which are random digits. */
function bucketOf(id) {
    return ((digit(id.charCodeAt(0)) << 4) | digit(id.charCodeAt(1))) % BUCKETS;
}

function digit(code) {
    return (code & 15) + 9 * (code >> 6);
}

module.exports = PendingTable;
