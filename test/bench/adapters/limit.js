// The fastest implementation over node's `net` with the bytes of sockhop. It knows its peer: no reconnecting,
// no limits, no errors. Its optimizations are in limit/.
"use strict";

const net = require("node:net");
const { once } = require("node:events");
const Reader = require("./limit/Reader.js");
const PendingTable = require("./limit/PendingTable.js");
const Writer = require("./limit/Writer.js");
const wire = require("./limit/wire.js");

/** Shared read buffer of clients. Node supports it only for clients. */
const READ_SIZE = 65_536;

/** Property of a server's socket: its reader. It avoids a function for each connection. */
const READER = Symbol("reader");

function onData(chunk) {
    this[READER].read(chunk, chunk.length);
}

module.exports = {
    name: "limit",
    title: "limit (by hand)",
    transport: "Unix socket",
    packages: [],
    entries: ["node:net"],
    lacks: { ping: "has none" },

    async serve(place, pattern, { message, answer }) {
        const writers = new Set();
        const handlers = {
            message,
            question: (value, id, writer) => writer.post(wire.answer(answer(value), id)),
            request: (value, uuid, writer) => writer.post(wire.packet(answer(value), uuid)),
        };
        // The frames of a tick are encoded once for all. Early writes would be many.
        const everybody = {
            write(text, encoding, written) {
                const bytes = Buffer.from(text, encoding);
                let left = writers.size;
                for (const { socket } of writers) socket.write(bytes, () => --left === 0 && written());
            },
        };
        const broadcast = new Writer(everybody, Writer.MOST);

        const server = net.createServer((socket) => {
            const writer = new Writer(socket);
            writers.add(writer);
            socket[READER] = new Reader(handlers, writer);
            socket.on("data", onData);
        });
        server.listen(place.path);
        await once(server, "listening");
        return { connections: () => writers.size, sendall: (value) => broadcast.write(wire.message(value)) };
    },

    async connect(place, pattern, { message }) {
        const pending = new PendingTable();
        const settle = (value, id) => pending.take(id)(value);
        const reader = new Reader({ message, answer: settle, packet: settle });
        const onread = {
            buffer: Buffer.allocUnsafeSlow(READ_SIZE),
            callback(length, buffer) {
                reader.read(buffer, length);
                return true;
            },
        };
        const socket = net.connect({ path: place.path, onread });
        await once(socket, "connect");
        const writer = new Writer(socket);
        return {
            send: (value) => writer.write(wire.message(value)),
            call(value, callback) {
                const id = wire.id();
                pending.add(id, callback);
                writer.post(wire.question(value, id));
            },
            request(value) {
                const id = wire.id();
                writer.post(wire.request(value, id));
                return new Promise((resolve) => pending.add(id, resolve));
            },
        };
    },
};
