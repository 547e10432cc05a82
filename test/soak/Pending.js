"use strict";
// Which promises of the library have not settled yet.

class Pending {
    begun = 0;
    settled = 0;
    #open = new Set();

    /** The same promise, remembered until it settles. */
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

    /** What has waited longest, and for how many seconds. */
    oldest() {
        const [first] = this.#open; // a Set keeps them in the order in which they were begun
        return first && { what: first.what, seconds: (performance.now() - first.since) / 1000 };
    }
}

module.exports = Pending;
