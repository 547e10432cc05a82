// vscode-jsonrpc: notifications and requests over a socket. It has no broadcast: sends a notification to each client.
"use strict";

const net = require("node:net");
const { once } = require("node:events");

function wire(socket) {
    const rpc = require("vscode-jsonrpc/node");
    return rpc.createMessageConnection(new rpc.SocketMessageReader(socket), new rpc.SocketMessageWriter(socket));
}

module.exports = {
    name: "vscode-jsonrpc",
    title: "vscode-jsonrpc",
    transport: "Unix socket",
    packages: ["vscode-jsonrpc"],
    entries: ["vscode-jsonrpc/node"],
    lacks: { ping: "has none" },

    async serve(place, pattern, { message, answer }) {
        const peers = new Set();
        const server = net.createServer((socket) => {
            const peer = wire(socket);
            peers.add(peer);
            peer.onClose(() => peers.delete(peer));
            peer.onNotification("message", message);
            peer.onRequest("question", answer);
            peer.listen();
        });
        server.listen(place.path);
        await once(server, "listening");
        return {
            connections: () => peers.size,
            sendall: (value) => Promise.all(Array.from(peers, (peer) => peer.sendNotification("message", value))),
        };
    },

    async connect(place, pattern, { message }) {
        const socket = net.connect(place.path);
        await once(socket, "connect");
        const peer = wire(socket);
        peer.onNotification("message", message);
        peer.listen();
        return {
            send: (value) => peer.sendNotification("message", value),
            request: (value) => peer.sendRequest("question", value),
        };
    },
};
