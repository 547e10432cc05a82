// node-ipc, with its default parser ("fast"). It has events only: a reply is an event, and pending calls are
// stored here by number, as its users do. The end of a write cannot be detected; a full socket can.
"use strict";

const { once } = require("node:events");

/** @returns an instance without log output */
async function instance() {
    const { IPCModule } = await import("node-ipc");
    const ipc = new IPCModule();
    Object.assign(ipc.config, { silent: true, maxConnections: 100_000, stopRetrying: true });
    return ipc;
}

module.exports = {
    name: "node-ipc",
    title: "node-ipc",
    transport: "Unix socket",
    packages: ["node-ipc"],
    entries: ["node-ipc"],
    module: true,
    lacks: { awaited: "does not report when a message is sent", ping: "has none" },

    async serve(place, pattern, { message, answer }) {
        const ipc = await instance();
        await new Promise((resolve) => {
            ipc.serve(place.path, resolve);
            ipc.server.on("message", message);
            ipc.server.on("question", ({ id, data }, socket) => {
                ipc.server.emit(socket, "answer", { id, data: answer(data) });
            });
            ipc.server.on("error", fail);
            ipc.server.start();
        });
        return {
            connections: () => ipc.server.sockets.length,
            sendall: (value) => void ipc.server.broadcast("message", value),
            pace: () => Promise.all(ipc.server.sockets.map(drained)),
        };
    },

    async connect(place, pattern, { message }) {
        const ipc = await instance();
        const client = await new Promise((resolve) => {
            ipc.connectTo("server", place.path, () => {
                ipc.of.server.on("connect", () => resolve(ipc.of.server));
                ipc.of.server.on("error", fail);
            });
        });
        const waiting = new Map();
        let id = 0;
        client.on("message", message);
        client.on("answer", ({ id, data }) => {
            const callback = waiting.get(id);
            waiting.delete(id);
            callback(data);
        });
        return {
            send: (value) => void client.emit("message", value),
            pace: () => drained(client.socket),
            call(data, callback) {
                waiting.set(++id, callback);
                client.emit("question", { id, data });
            },
        };
    },
};

function drained(socket) {
    return socket.writableNeedDrain ? once(socket, "drain") : undefined;
}

function fail(error) {
    throw error;
}
