"use strict";
// Helpers of the scenarios. They close nothing: a scenario has its own process, which ends with it.

const { once } = require("node:events");
const { mkdtempSync } = require("node:fs");
const net = require("node:net");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { createInterface } = require("node:readline");
const v8 = require("node:v8");
const vm = require("node:vm");

const MIB = 2 ** 20;

/** Creates a frame like those of sockhop. */
function frame(envelope) {
    return JSON.stringify(envelope) + "\n";
}

/** Creates a message frame like those of sockhop. */
function message(data, type = "String") {
    return frame({ type, data });
}

/** The last frame of a peer. Frames arrive in order, so no delay is needed. See `untilLast`. */
const LAST = message("last");

/** Resolves to the arguments of the next `event`. Unlike `once` of Node, it ignores `error` events before it. */
function next(emitter, event) {
    return new Promise((resolve) => {
        emitter.once(event, (...args) => resolve(args));
    });
}

/** Collects the arguments of each `event` from now on. */
function recorded(emitter, event) {
    const calls = [];
    emitter.on(event, (...args) => calls.push(args));
    return calls;
}

/** Resolves to the values received at one end before `"last"`. */
function untilLast(end) {
    const values = [];
    return new Promise((resolve) => {
        end.on("receive", (value) => {
            if (value === "last") resolve(values);
            else values.push(value);
        });
    });
}

/** Returns a function whose calls resolve to the frames of a plain socket, one by one. */
function frames(socket) {
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    return async () => JSON.parse((await lines.next()).value);
}

/** Returns an unused path for a Unix domain socket. The parent process removes the folder (TMPDIR). */
function freshPath() {
    return join(mkdtempSync(join(tmpdir(), "sockhop-")), "socket");
}

/** True if no server listens at the path. */
function refuses(path) {
    return new Promise((resolve) => {
        const socket = net.connect(path);
        socket.on("connect", () => resolve(false)).on("error", () => resolve(true));
    });
}

/** Starts a plain server on a new path; `onSocket` handles its connections. */
async function rawServer(onSocket = () => undefined) {
    const path = freshPath();
    const server = net.createServer((socket) => {
        socket.on("error", () => undefined); // tests destroy the connection
        onSocket(socket);
    });
    server.listen(path);
    await once(server, "listening");
    return { path };
}

/** Connects a plain socket to a server. */
async function rawClient({ path, port }) {
    const socket = net.connect(path ? { path } : { port, host: "127.0.0.1" });
    socket.on("error", () => undefined); // as above
    await once(socket, "connect");
    return socket;
}

/** Keeps the process alive after uncaught exceptions, and returns a list of them. */
function survivingExceptions() {
    return recorded(process, "uncaughtException");
}

/** True if the targets of these WeakRefs were collected. */
async function collectable(references) {
    v8.setFlagsFromString("--expose-gc");
    const collectGarbage = vm.runInNewContext("gc");
    for (let round = 0; round < 10; round += 1) {
        await new Promise(setImmediate); // a WeakRef keeps its target alive in the tick in which it was read
        collectGarbage();
        if (references.every((reference) => reference.deref() === undefined)) return true;
    }
    return false;
}

/** Helpers bound to a library, the module of that name. */
function toolsFor(name) {
    const Sockhop = require(name);

    async function listening(options) {
        const server = new Sockhop.server({ path: freshPath(), ...options });
        await server.listen();
        return server;
    }

    /** Creates an unconnected client of a server, plain or not. */
    function clientOf({ path }, options) {
        return new Sockhop.client({ path, ...options });
    }

    /** Connects another client to a server. Resolves to it and the server's socket. */
    async function joined(server, options) {
        const client = clientOf(server, options);
        const announced = next(server, "connect");
        await client.connect();
        const [socket] = await announced;
        return { client, socket };
    }

    /** Connects a server and one client. Resolves to both and the server's socket. */
    async function pair(options, clientOptions = options) {
        const server = await listening(options);
        return { server, ...(await joined(server, clientOptions)) };
    }

    /** Connects a server and several clients. The sockets have the same order. */
    async function crowd(count) {
        const server = await listening();
        const clients = [];
        const sockets = [];
        while (clients.length < count) {
            const { client, socket } = await joined(server);
            clients.push(client);
            sockets.push(socket);
        }
        return { server, clients, sockets };
    }

    return {
        Sockhop,
        get ObjectBuffer() {
            return require(`${name}/lib/ObjectBuffer.js`);
        },
        listening,
        clientOf,
        joined,
        pair,
        crowd,
    };
}

module.exports = {
    LAST,
    MIB,
    collectable,
    frame,
    frames,
    freshPath,
    message,
    next,
    rawClient,
    rawServer,
    recorded,
    refuses,
    survivingExceptions,
    toolsFor,
    untilLast,
};
