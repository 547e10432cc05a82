// A simple handwritten implementation: one write per message, no envelope, lines cut from a string. Calls have a number.
"use strict";

const net = require("node:net");
const { once } = require("node:events");

/** Calls `receive` with each received value. */
function read(socket, receive) {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
        text += chunk;
        const lines = text.split("\n");
        text = lines.pop();
        for (const line of lines) receive(JSON.parse(line));
    });
}

module.exports = {
    name: "naive",
    title: "naive (by hand)",
    transport: "Unix socket",
    packages: [],
    entries: ["node:net"],
    lacks: { ping: "has none" },

    serve(place, pattern, { message, answer }) {
        const sockets = new Set();
        const server = net.createServer((socket) => {
            sockets.add(socket);
            socket.on("close", () => sockets.delete(socket));
            read(socket, (value) => {
                if (value.id === undefined) message(value);
                else socket.write(JSON.stringify({ id: value.id, data: answer(value.data) }) + "\n");
            });
        });
        return new Promise((resolve) => {
            server.listen(place.path, () =>
                resolve({
                    connections: () => sockets.size,
                    sendall(value) {
                        const line = JSON.stringify(value) + "\n";
                        for (const socket of sockets) socket.write(line);
                    },
                    pace: () => Promise.all(Array.from(sockets, drained)),
                }),
            );
        });
    },

    connect(place, pattern, { message }) {
        const waiting = new Map();
        let id = 0;
        const socket = net.connect(place.path);
        read(socket, (value) => {
            if (value.id === undefined) {
                message(value);
            } else {
                const callback = waiting.get(value.id);
                waiting.delete(value.id);
                callback(value.data);
            }
        });
        return new Promise((resolve) => {
            socket.once("connect", () =>
                resolve({
                    send: (value) => void socket.write(JSON.stringify(value) + "\n"),
                    pace: () => drained(socket),
                    deliver: (value) => new Promise((written) => socket.write(JSON.stringify(value) + "\n", written)),
                    call(data, callback) {
                        waiting.set(++id, callback);
                        socket.write(JSON.stringify({ id, data }) + "\n");
                    },
                }),
            );
        });
    },
};

function drained(socket) {
    return socket.writableNeedDrain ? once(socket, "drain") : undefined;
}
