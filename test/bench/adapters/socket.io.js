// socket.io, over WebSocket only. Its client cannot use a Unix socket.
"use strict";

const http = require("node:http");
const { once } = require("node:events");

/** Larger than any message here. */
const MOST = 1e9;

module.exports = {
    name: "socket.io",
    title: "socket.io",
    transport: "WebSocket over TCP",
    packages: ["socket.io", "socket.io-client"],
    entries: ["socket.io", "socket.io-client"],
    lacks: { awaited: "does not report when a message is sent" },

    async serve(place, pattern, { message, answer }, { ping, adapter } = {}) {
        const { Server } = require("socket.io");
        const web = http.createServer();
        const io = new Server(web, {
            transports: ["websocket"],
            serveClient: false,
            maxHttpBufferSize: MOST,
            pingInterval: ping ?? 1e6,
            pingTimeout: 1e6,
            ...(adapter && { adapter }),
        });
        io.on("connection", (socket) => {
            socket.on("message", (value, answered) => {
                if (answered) answered(answer(value));
                else message(value);
            });
        });
        web.listen(0, "127.0.0.1");
        await once(web, "listening");
        return {
            place: { port: web.address().port },
            connections: () => io.engine.clientsCount,
            sendall: (value) => void io.emit("message", value),
            members: () => io.of("/").adapter.serverCount(),
            pace: () => Promise.all(Array.from(io.sockets.sockets.values(), ({ conn }) => drained(conn))),
        };
    },

    async connect(place, pattern, { message }) {
        const { io } = require("socket.io-client");
        const socket = io(`http://127.0.0.1:${place.port}`, { transports: ["websocket"], multiplex: false });
        socket.on("connect_error", (error) => {
            throw error;
        });
        socket.on("message", message);
        await new Promise((resolve) => socket.once("connect", resolve));
        return {
            send: (value) => void socket.emit("message", value),
            pace: () => drained(socket.io.engine),
            call: (value, callback) => void socket.emit("message", value, callback),
            request: (value) => socket.emitWithAck("message", value),
        };
    },
};

/** Resolves when the buffer of an engine is empty. */
function drained(engine) {
    return engine.writeBuffer.length > 0 ? new Promise((resolve) => engine.once("drain", resolve)) : undefined;
}
