"use strict";

const { check } = require("./messages.js");

/** Milliseconds on a clock shared by all processes of a machine. */
function now() {
    return Number(process.hrtime.bigint()) / 1e6;
}

/** Receives a known number of messages in order, and fails at a wrong one. */
class Inbox {
    #next = 0;
    #make;
    #count;
    #done;
    #fail;

    constructor(make, count) {
        this.#make = make;
        this.#count = count;
        /** Resolves to the time, on the clock of {@link now}, of the last message. */
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
            this.#fail(error); // some libraries hide errors thrown by handlers
        }
        if (this.#next === this.#count) this.#done(now());
        else if (this.#next > this.#count) throw new Error(`more than ${this.#count} messages have come`);
    }
}

module.exports = { Inbox, now };
