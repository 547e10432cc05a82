"use strict";
// Promises of the library that have not settled.

class Pending {
    begun = 0;
    settled = 0;
    #open = new Set();

    /** The same promise, tracked until it settles. */
    track(what, promise) {
        const entry = { what, since: performance.now() };
        this.begun += 1;
        this.#open.add(entry);
        const settle = () => {
            this.settled += 1;
            this.#open.delete(entry);
        };
        promise.then(settle, settle);
        return promise;
    }

    get size() {
        return this.#open.size;
    }

    /** The oldest pending promise, and its age in seconds. */
    oldest() {
        const [first] = this.#open; // a Set keeps insertion order
        return first && { what: first.what, seconds: (performance.now() - first.since) / 1000 };
    }
}

module.exports = Pending;
