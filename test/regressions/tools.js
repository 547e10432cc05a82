"use strict";
// What the scenarios have in common. Nothing here closes anything: a scenario has a process of its own, which ends with it.

const { once } = require("node:events");
const { mkdtempSync } = require("node:fs");
const net = require("node:net");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { createInterface } = require("node:readline");
const v8 = require("node:v8");
const vm = require("node:vm");

const MIB = 2 ** 20;

/** A frame as sockhop writes it. */
function frame(envelope) {
    return JSON.stringify(envelope) + "\n";
}

/** A message as sockhop sends it. */
function message(data, type = "String") {
    return frame({ type, data });
}

/** What a peer sends behind all else, since what arrives in order needs no waiting. See `untilLast`. */
const LAST = message("last");

/** The arguments of the next `event`. Unlike `once` of Node it does not mind an `error` before that. */
function next(emitter, event) {
    return new Promise((resolve) => {
        emitter.once(event, (...args) => resolve(args));
    });
}

/** The arguments of each `event` from now on, in an array that grows. */
function recorded(emitter, event) {
    const calls = [];
    emitter.on(event, (...args) => calls.push(args));
    return calls;
}

/** The values that arrive at one end before `"last"` does. */
function untilLast(end) {
    const values = [];
    return new Promise((resolve) => {
        end.on("receive", (value) => {
            if (value === "last") resolve(values);
            else values.push(value);
        });
    });
}

/** A function whose calls give the frames that arrive at a plain socket, one after the other. */
function frames(socket) {
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    return async () => JSON.parse((await lines.next()).value);
}

/** A path for a Unix domain socket, where nothing is yet. Whoever starts us removes the folder (TMPDIR). */
function freshPath() {
    return join(mkdtempSync(join(tmpdir(), "sockhop-")), "socket");
}

/** Whether nobody listens there. */
function refuses(path) {
    return new Promise((resolve) => {
        const socket = net.connect(path);
        socket.on("connect", () => resolve(false)).on("error", () => resolve(true));
    });
}

/** A plain server on a fresh path; `onSocket` is what it does with its connections. */
async function rawServer(onSocket = () => undefined) {
    const path = freshPath();
    const server = net.createServer((socket) => {
        socket.on("error", () => undefined); // being cut off is what these are for
        onSocket(socket);
    });
    server.listen(path);
    await once(server, "listening");
    return { path };
}

/** A plain socket connected to a server. */
async function rawClient({ path, port }) {
    const socket = net.connect(path ? { path } : { port, host: "127.0.0.1" });
    socket.on("error", () => undefined); // as above
    await once(socket, "connect");
    return socket;
}

/** Keeps the process alive after an exception that nobody catches, as careful programs do. Gives a list of them. */
function survivingExceptions() {
    return recorded(process, "uncaughtException");
}

/** Whether nothing holds on to what these WeakRefs refer to. */
async function collectable(references) {
    v8.setFlagsFromString("--expose-gc");
    const collectGarbage = vm.runInNewContext("gc");
    for (let round = 0; round < 10; round += 1) {
        await new Promise(setImmediate); // in the turn in which it was read, a WeakRef holds on itself
        collectGarbage();
        if (references.every((reference) => reference.deref() === undefined)) return true;
    }
    return false;
}

/** What is made of a library: the module of that name. */
function toolsFor(name) {
    const Sockhop = require(name);

    async function listening(options) {
        const server = new Sockhop.server({ path: freshPath(), ...options });
        await server.listen();
        return server;
    }

    /** A client of a server, plain or not, that has not been connected yet. */
    function clientOf({ path }, options) {
        return new Sockhop.client({ path, ...options });
    }

    /** Another client of a server that announces it, and the server's socket. */
    async function joined(server, options) {
        const client = clientOf(server, options);
        const announced = next(server, "connect");
        await client.connect();
        const [socket] = await announced;
        return { client, socket };
    }

    /** A server and one client, connected, with the server's socket. */
    async function pair(options, clientOptions = options) {
        const server = await listening(options);
        return { server, ...(await joined(server, clientOptions)) };
    }

    /** A server and several clients, with its sockets in the same order. */
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
