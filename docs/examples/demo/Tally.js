// Both ends keep a tally: the sender of what it sends, the receiver of what arrives. In the end the two must be the same.
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

    /** How many messages of which types, how much JSON, and a checksum over all of it. */
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

/** JSON with the members of each object in alphabetical order: the same text for the same value, whoever writes it. */
function canonicalJson(value) {
    return JSON.stringify(value, (_key, inner) => {
        if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
        const keys = Object.keys(inner).sort();
        return Object.fromEntries(keys.map((key) => [key, inner[key]]));
    });
}

module.exports = Tally;
