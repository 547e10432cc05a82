// No messages: the cost of node's sockets alone. Reference for idle connections.
"use strict";

const net = require("node:net");
const { once } = require("node:events");

module.exports = {
    name: "bare",
    title: "bare net.Server",
    transport: "Unix socket",
    packages: [],
    entries: [],
    only: ["idle"],
    lacks: { ping: "has none" },

    async serve(place) {
        const sockets = new Set();
        const server = net.createServer((socket) => {
            sockets.add(socket);
            socket.resume();
        });
        server.listen(place.path);
        await once(server, "listening");
        return { connections: () => sockets.size };
    },

    async connect(place) {
        const socket = net.connect(place.path);
        socket.resume();
        await once(socket, "connect");
        return {};
    },
};
