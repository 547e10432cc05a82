"use strict";
// Pauses all communication for a while, so that a process can be inspected without pending work.

class PauseLatch {
    /** Number of current users. */
    busy = 0;
    #opened = Promise.resolve();
    #open = () => undefined;

    close() {
        this.#opened = new Promise((resolve) => {
            this.#open = resolve;
        });
    }

    open() {
        this.#open();
    }

    /** Waits until the latch is open, and then runs a function. */
    async pass(action) {
        await this.#opened;
        this.busy += 1;
        try {
            await action();
        } finally {
            this.busy -= 1;
        }
    }
}

module.exports = PauseLatch;
