"use strict";

/** How many buckets; chains get longer with more than so many under way. */
const BUCKETS = 256;

/**
 * What is to be called with the answers, by the ids of the questions. Not a Map: V8 makes tables of Maps that outlive their
 * use, with all that was in them, once the first full collection has been (see `src/replies/PendingTable.ts`).
 */
class Waiting {
    #buckets = new Array(BUCKETS).fill(undefined);

    add(id, callback) {
        const bucket = bucketOf(id);
        this.#buckets[bucket] = { id, callback, next: this.#buckets[bucket] };
    }

    /** The callback for this id, which has none any more. */
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

/** From the first characters, which are random digits. */
function bucketOf(id) {
    return ((digit(id.charCodeAt(0)) << 4) | digit(id.charCodeAt(1))) % BUCKETS;
}

function digit(code) {
    return (code & 15) + 9 * (code >> 6);
}

module.exports = Waiting;
