// axon: push and pull, req and rep, pub and sub. Its sends return nothing; a full socket can be detected.
"use strict";

const { once } = require("node:events");

/** The two ends of each pattern. */
const PAIRS = { messages: ["pull", "push"], questions: ["rep", "req"], broadcast: ["pub", "sub"] };

module.exports = {
    name: "axon",
    title: "axon",
    transport: "Unix socket",
    packages: ["axon"],
    entries: ["axon"],
    lacks: { awaited: "does not report when a message is sent", ping: "has none" },

    async serve(place, pattern, { message, answer }) {
        const server = require("axon").socket(PAIRS[pattern][0]);
        server.on("message", (value, reply) => {
            if (reply) reply(null, answer(value));
            else message(value);
        });
        await new Promise((resolve) => {
            server.on("bind", resolve);
            server.bind(`unix://${place.path}`);
        });
        return {
            connections: () => server.socks.length,
            sendall: (value) => void server.send(value),
            pace: () => Promise.all(server.socks.map(drained)),
        };
    },

    async connect(place, pattern, { message }) {
        const client = require("axon").socket(PAIRS[pattern][1]);
        client.on("message", message);
        await new Promise((resolve) => {
            client.on("connect", resolve);
            client.connect(`unix://${place.path}`);
        });
        const [socket] = client.socks;
        return {
            send: (value) => void client.send(value),
            pace: () => drained(socket),
            call: (value, callback) => void client.send(value, (error, answer) => callback(answer)),
        };
    },
};

function drained(socket) {
    return socket.writableNeedDrain ? once(socket, "drain") : undefined;
}
