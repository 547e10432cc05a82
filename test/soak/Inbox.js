"use strict";
// The receiving end of a numbered stream: detects missing, duplicate and late numbers.

class Inbox {
    /** The first and the highest number received. */
    first = undefined;
    last = undefined;
    #name;
    #violate;
    #missing = new Set();

    /** `violate` reports an error; `next` is the expected first number, if known. */
    constructor(name, violate, next) {
        this.#name = name;
        this.#violate = violate;
        if (next !== undefined) this.last = next - 1;
    }

    take(n) {
        this.first ??= n;
        if (this.last === undefined || n === this.last + 1) {
            this.last = n;
        } else if (n > this.last) {
            this.#violate("lost", `${this.#name}: ${n} has come after ${this.last}`, n - this.last - 1);
            for (let lost = this.last + 1; lost < n; lost += 1) this.#missing.add(lost);
            this.last = n;
        } else if (this.#missing.delete(n)) {
            this.#violate("lost", `${this.#name}: ${n} was not lost`, -1);
            this.#violate("reordered", `${this.#name}: ${n} has come after ${this.last}`);
        } else {
            this.#violate("twice", `${this.#name}: ${n} has come again, after ${this.last}`);
        }
    }
}

module.exports = Inbox;
