// All clients of the demo.
"use strict";

const { once } = require("node:events");
const { NumberClient } = require("./client.js");
const { sum } = require("./Counts.js");

class ClientGroup {
    #clients = [];

    /** Connects clients to a list of servers. */
    async connect(count, servers) {
        this.#clients = Array.from({ length: count }, () => new NumberClient(servers));
        await Promise.all(this.#clients.map((client) => Promise.all([client.connect(), isWelcomed(client)])));
    }

    /** Returns the number of clients at each of these ports. */
    at(ports) {
        return ports.map((port) => this.#at(port).length);
    }

    /** Waits until all clients of a server have been accepted by another one. */
    async leave(port) {
        await Promise.all(this.#at(port).map(isWelcomed));
    }

    #at(port) {
        return this.#clients.filter(({ client }) => client.port === port);
    }

    /** Waits until the last number of each server has arrived, or for some time, and returns all counts. */
    async finish(ids, timeout) {
        const late = new Promise((resolve) => setTimeout(resolve, timeout).unref());
        await Promise.race([late, Promise.all(this.#clients.map(({ counts }) => allEnded(counts, ids)))]);
        const results = this.#clients.map(({ counts }) => counts.result());
        const add = (name) => results.reduce((total, result) => total + result[name], 0);
        return {
            own: sum(results.map(({ own }) => own)),
            others: sum(results.map(({ others }) => others)),
            unequal: add("unequal"),
            between: add("between"),
            unfinished: this.#clients.filter(({ counts }) => !hasEnded(counts, ids)).length,
        };
    }

    async close() {
        await Promise.all(this.#clients.map((client) => client.disconnect()));
    }
}

const isWelcomed = ({ client }) => once(client, "receive:welcome");

const hasEnded = ({ ended }, ids) => ids.every((id) => ended.has(id));

function allEnded(counts, ids) {
    return new Promise((resolve) => {
        counts.onEnd = () => {
            if (hasEnded(counts, ids)) resolve();
        };
        counts.onEnd();
    });
}

module.exports = { ClientGroup };
