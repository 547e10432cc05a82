"use strict";

/** The callbacks of pending calls. An id is the index of its callback, and is used again after the reply. */
class Calls {
    #callbacks = [];
    #free = [];

    /** @returns the id */
    add(callback) {
        const id = this.#free.length > 0 ? this.#free.pop() : this.#callbacks.length;
        this.#callbacks[id] = callback;
        return id;
    }

    /** Removes and returns the callback for this id. */
    take(id) {
        const callback = this.#callbacks[id];
        this.#callbacks[id] = undefined;
        this.#free.push(id);
        return callback;
    }
}

module.exports = Calls;
