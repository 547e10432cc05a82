// How both server and client send the packages, and find out what became of them.
"use strict";

const Package = require("./Package.js");
const Tally = require("./Tally.js");

/**
 * Sends all packages, `rounds` times.
 *
 * `send` sends a value to all receivers. `receivers` is a list with a function for each, which puts a question to that one.
 * All of them return promises. The result has the tally of what was sent, and for each receiver that of what has arrived.
 */
async function transfer(rounds, send, receivers) {
    const packages = Package.all();
    const sent = new Tally();

    const start = performance.now();
    for (let round = 0; round < rounds; round++) {
        for (const each of packages) {
            sent.add(each, each.constructor.name);
            await send(each); // or all of them would wait in memory until the socket has taken them
        }
    }
    // Messages arrive in the order in which they were sent: whoever answers this has got all the others.
    await Promise.all(receivers.map((ask) => ask("How many?")));
    const seconds = (performance.now() - start) / 1000;

    const arrived = await Promise.all(receivers.map((ask) => ask("What exactly?")));
    return { sent: sent.summary(), arrived, seconds };
}

/** The other side of it: counts what arrives, and answers the questions. */
class Inbox {
    #tally = new Tally();

    /** Takes what comes with a `receive` event. */
    receive(value, { type, callback }) {
        if (!callback) {
            this.#tally.add(value, type);
        } else if (value === "How many?") {
            callback(this.#tally.count);
        } else {
            callback(this.#tally.summary());
            this.#tally = new Tally(); // for the next transfer
        }
    }
}

module.exports = { Inbox, transfer };
