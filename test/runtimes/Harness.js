"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const Sockhop = require("sockhop");

/** Arguments of a runtime before the name of a program. */
const ARGUMENTS = globalThis.Deno ? ["run", "--allow-all"] : [];

/** Endpoints and other objects of a check. All of them are closed at the end, after success and failure. */
class Harness {
    #leftovers = [];

    /** Registers a cleanup task for the end. */
    later(undo) {
        this.#leftovers.push(undo);
    }

    async end() {
        for (const undo of this.#leftovers.splice(0).reverse()) await undo();
    }

    /** A listening server; on a free port by default. */
    async server(options = {}, Server = Sockhop.server) {
        const server = new Server({ port: 0, ...options });
        this.later(() => server.close());
        await server.listen();
        return server;
    }

    /** An unconnected client of a server or an address. */
    client(server, options = {}, Client = Sockhop.client) {
        const client = new Client({ ...placeOf(server), ...options });
        this.later(() => client.disconnect());
        return client;
    }

    /** A listening server and a client of it, after both connect events. */
    async pair(options = {}, clientOptions = {}) {
        const server = await this.server(options);
        const client = this.client(server, clientOptions);
        const accepted = event(server, "connect");
        await client.connect();
        const [socket, session] = await accepted;
        return { server, client, socket, session };
    }

    /** A plain socket, connected to a server. */
    async stranger(server) {
        const socket = server.path ? net.connect(server.path) : net.connect(server.get_bound_port(), "127.0.0.1");
        this.later(() => socket.destroy());
        socket.on("error", () => undefined); // checks destroy the connection
        await event(socket, "connect");
        return socket;
    }

    /** A plain server on a free port, and its address for a client. */
    async plain(accepted = () => undefined) {
        const server = net.createServer((socket) => {
            this.later(() => socket.destroy());
            socket.on("error", () => undefined);
            accepted(socket);
        });
        this.later(() => server.close());
        server.listen(0, "127.0.0.1");
        await event(server, "listening");
        return { port: server.address().port };
    }

    /** A folder that is removed at the end. */
    folder() {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-"));
        this.later(() => fs.rmSync(folder, { recursive: true, force: true }));
        return folder;
    }

    /** A path for a socket; a pipe on Windows. */
    path() {
        const folder = this.folder();
        return process.platform === "win32" ? `\\\\.\\pipe\\${path.basename(folder)}` : path.join(folder, "socket");
    }

    /** Runs one of the programs in `programs` in a child process, under the same runtime. */
    program(name, args = [], env = {}) {
        const file = path.join(__dirname, "programs", name);
        const child = spawn(process.execPath, [...ARGUMENTS, file, ...args.map(String)], {
            env: { ...process.env, ...env },
            stdio: ["ignore", "pipe", "pipe"],
        });
        this.later(() => child.kill("SIGKILL"));
        const output = { stdout: "", stderr: "" };
        for (const stream of ["stdout", "stderr"]) {
            child[stream].setEncoding("utf8").on("data", (text) => (output[stream] += text));
        }
        const ended = once(child, "close").then(([code, signal]) => ({ code: code ?? signal, ...output }));
        return { child, ended };
    }
}

/** The address of a server, as options of a client. */
function placeOf(server) {
    if (!("listen" in server)) return server;
    return server.path ? { path: server.path } : { port: server.get_bound_port() };
}

/** Resolves to the arguments of the next event. Unlike `once()` of Node, it ignores `error` events before it. */
function event(emitter, name) {
    return new Promise((resolve) => {
        emitter.once(name, (...args) => resolve(args));
    });
}

/** Resolves to the next `count` messages received at an end, each with its type. */
function messages(end, count) {
    const found = [];
    return new Promise((resolve) => {
        end.on("receive", function take(value, { type }) {
            if (found.push([value, type]) < count) return;
            end.off("receive", take);
            resolve(found);
        });
    });
}

/** Runs the event loop until a condition is true. The timeout is that of the check. */
async function until(condition) {
    while (!condition()) await new Promise(setImmediate);
}

/** The code of a rejection; `undefined` if the promise resolves. */
function codeOf(promise) {
    return promise.then(
        () => undefined,
        (error) => error.code ?? String(error),
    );
}

/** Sends a small and a large value from both ends, and checks that they arrive. */
async function carriesBothWays(server, client, socket) {
    const large = "é→😀".repeat(300_000);
    const arrived = Promise.all([messages(server, 2), messages(client, 2)]);
    for (const value of ["small", large]) {
        await client.send(value);
        await server.send(socket, value);
    }
    for (const there of await arrived) {
        assert.equal(there[0][0], "small");
        assert(there[1][0] === large); // not equal(), which would print it
    }
}

module.exports = { Harness, carriesBothWays, codeOf, event, messages, until };
