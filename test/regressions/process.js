"use strict";
// Effects of the library on its process.

const assert = require("node:assert/strict");
const net = require("node:net");

/** Connects and disconnects a client, and closes its server. */
async function visit(client, server) {
    await client.connect();
    await client.disconnect();
    await server.close();
}

module.exports = {
    "idle-client-keeps-alive": {
        title: "A client that does nothing keeps the process alive for ever",
        outcome: "hung",
        endsByItself: true,
        async run({ Sockhop }) {
            new Sockhop.client();
        },
    },

    "disconnected-client-keeps-alive": {
        title: "A client that was disconnected keeps the process alive for ever",
        outcome: "hung",
        endsByItself: true,
        async run({ listening, clientOf }) {
            const server = await listening();
            await visit(clientOf(server), server);
        },
    },

    "connect-timer-keeps-alive": {
        title: "The time limit of connect() keeps the process alive when the client has connected long since",
        outcome: "hung",
        endsByItself: true,
        async run({ listening, clientOf }) {
            const server = await listening();
            const client = clientOf(server);
            client._auto_reconnect_timer?.unref(); // the defect above, which would hide this one
            await visit(client, server);
        },
    },

    "net-is-changed": {
        title: "Loading the package changes every socket of the process",
        original: "sockhop-1.4.0",
        outcome: "misbehaved",
        async run() {
            assert.equal(new net.Socket().writeAsync, undefined);
        },
    },
};
