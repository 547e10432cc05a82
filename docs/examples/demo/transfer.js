// Sends the packages, and compares them with those that have arrived.
"use strict";

const Package = require("./Package.js");
const Tally = require("./Tally.js");

/**
 * Sends all packages, `rounds` times.
 *
 * `send` sends a value to all receivers. `receivers` has a function for each receiver, which calls it. All of them return
 * promises. The result has the tally of the sender and that of each receiver.
 */
async function transfer(rounds, send, receivers) {
    const packages = Package.all();
    const sent = new Tally();

    const start = performance.now();
    for (let round = 0; round < rounds; round++) {
        for (const each of packages) {
            sent.add(each, each.constructor.name);
            await send(each); // applies backpressure
        }
    }
    // Messages arrive in order: a receiver that replies has received all the others.
    await Promise.all(receivers.map((call) => call("count")));
    const seconds = (performance.now() - start) / 1000;

    const arrived = await Promise.all(receivers.map((call) => call("summary")));
    return { sent: sent.summary(), arrived, seconds };
}

/** Counts the messages that arrive, and replies to calls. */
class Inbox {
    #tally = new Tally();

    /** Handles the event `receive`. */
    receive(value, { type, callback }) {
        if (!callback) {
            this.#tally.add(value, type);
        } else if (value === "count") {
            callback(this.#tally.count);
        } else {
            callback(this.#tally.summary());
            this.#tally = new Tally(); // for the next transfer
        }
    }
}

module.exports = { Inbox, transfer };
