"use strict";

const { check } = require("./messages.js");

/** Milliseconds on a clock that all processes of a machine share. */
function now() {
    return Number(process.hrtime.bigint()) / 1e6;
}

/** Takes in a known number of messages, in order, and fails at one that is not what it should be. */
class Inbox {
    #next = 0;
    #make;
    #count;
    #done;
    #fail;

    constructor(make, count) {
        this.#make = make;
        this.#count = count;
        /** Resolves to the time, on the clock of {@link now}, when the last has come. */
        this.arrived = new Promise((resolve, reject) => {
            this.#done = resolve;
            this.#fail = reject;
        });
    }

    take(value) {
        const n = this.#next++;
        try {
            check(this.#make, n, value);
        } catch (error) {
            this.#fail(error); // some libraries keep for themselves what a handler throws
        }
        if (this.#next === this.#count) this.#done(now());
        else if (this.#next > this.#count) throw new Error(`more than ${this.#count} messages have come`);
    }
}

module.exports = { Inbox, now };
