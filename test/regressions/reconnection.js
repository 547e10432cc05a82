"use strict";
// auto_reconnect.

const assert = require("node:assert/strict");
const net = require("node:net");
const { setTimeout: sleep } = require("node:timers/promises");
const { freshPath, next, rawServer } = require("./tools");

module.exports = {
    "missing-path-kills": {
        title: "A client that reconnects automatically is killed while the path of its server does not exist",
        outcome: "crashed",
        async run({ Sockhop }) {
            const path = freshPath();
            const client = new Sockhop.client({ path, auto_reconnect_interval: 20 });
            const connected = next(client, "connect");
            client.auto_reconnect = true;
            await sleep(60);
            await new Sockhop.server({ path }).listen();
            await connected;
        },
    },

    "broken-pipe-is-the-end": {
        title: "A client does not reconnect after its socket has failed with EPIPE",
        outcome: "hung",
        async run({ pair }) {
            const { client } = await pair({ auto_reconnect_interval: 20 });
            client.on("error", () => undefined);
            client.auto_reconnect = true;
            const gone = next(client, "disconnect");
            const back = next(client, "connect");
            client.socket.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
            await gone;
            await back;
        },
    },

    "hung-attempt-is-the-last": {
        title: "A client stops to reconnect when one attempt hangs",
        outcome: "hung",
        async run({ Sockhop }) {
            const client = new Sockhop.client({ connect_timeout: 20, auto_reconnect_interval: 20 });
            await new Promise((resolve) => {
                let attempts = 0;
                net.createConnection = () => {
                    attempts += 1;
                    if (attempts === 3) resolve();
                    // Like a socket that waits for a host that does not respond.
                    return Object.assign(new net.Socket(), { connecting: true });
                };
                client.auto_reconnect = true;
            });
        },
    },

    "reconnects-in-a-rush": {
        title: "A client calls a server that hangs up at once hundreds of times a second",
        original: "sockhop-1.4.0",
        outcome: "misbehaved",
        async run({ clientOf }) {
            const interval = 100;
            const calls = [];
            const called = new Promise((resolve) => {
                const server = rawServer((socket) => {
                    socket.end();
                    if (calls.push(performance.now()) === 3) resolve();
                });
                void server.then((place) => {
                    clientOf(place, { auto_reconnect_interval: interval }).auto_reconnect = true;
                });
            });
            await called;
            const [first, , third] = calls;
            assert(third - first > 1.8 * interval);
        },
    },

    "connect-rejects-during-automatic-attempt": {
        title: "connect() rejects when auto_reconnect has just been turned on",
        original: "sockhop-1.4.0",
        outcome: "threw",
        async run({ listening, clientOf }) {
            const client = clientOf(await listening());
            client.auto_reconnect = true;
            await client.connect();
            assert(client.connected);
        },
    },
};
