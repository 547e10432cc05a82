"use strict";
// Lets everybody who talks pause for a while, so that a process can be looked at when nothing is under way.

class PauseLatch {
    /** How many are inside. */
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

    /** Waits until the latch is open, and then does something. */
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
