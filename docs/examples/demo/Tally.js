// Counts messages: the sender and the receiver each have a tally, and both must be equal in the end.
"use strict";

const { createHash } = require("node:crypto");

class Tally {
    #messages = [];

    get count() {
        return this.#messages.length;
    }

    add(value, type) {
        this.#messages.push({ value, type });
    }

    /** Returns the number of messages, their types, the size of their JSON, and a checksum. */
    summary() {
        const types = {};
        const hash = createHash("sha256");
        let bytes = 0;
        for (const { value, type } of this.#messages) {
            const json = canonicalJson(value);
            types[type] = (types[type] ?? 0) + 1;
            bytes += Buffer.byteLength(json);
            hash.update(json + "\n");
        }
        return { messages: this.count, types, bytes, sha256: hash.digest("hex") };
    }
}

/** Returns JSON with sorted properties: equal values have equal texts. */
function canonicalJson(value) {
    return JSON.stringify(value, (_key, inner) => {
        if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
        const keys = Object.keys(inner).sort();
        return Object.fromEntries(keys.map((key) => [key, inner[key]]));
    });
}

module.exports = Tally;
