// @ts-check
// For `node --require`: gives a group of processes private TCP ports. They can use any fixed port, whatever else runs on
// the machine.
//
// A server listens on a free port. It writes the real port to a file in the folder SOCKHOP_TEST_PORTS, which is named after
// the port that the program has asked for. A client reads the file. Without one the connection is refused.
"use strict";

const { readFileSync, rmSync, writeFileSync } = require("node:fs");
const net = require("node:net");
const { constants } = require("node:os");
const { join } = require("node:path");

const FOLDER = /** @type {string} */ (process.env.SOCKHOP_TEST_PORTS);

/** @type {{ listen: (...args: any[]) => net.Server, close: net.Server["close"], address: net.Server["address"] }} */
const { listen, close, address } = net.Server.prototype;
/** @type {{ connect: (...args: any[]) => net.Socket }} */
const { connect } = net.Socket.prototype;

/** The port that each server has asked for. Port 0 keeps its real number. @type {WeakMap<net.Server, number>} */
const asked = new WeakMap();
/** The files of the servers that listen. @type {Map<net.Server, string>} */
const files = new Map();

/** @type {(this: net.Server, ...args: any[]) => net.Server} */
net.Server.prototype.listen = function (...args) {
    if (this.listening) return listen.apply(this, args);
    const [first, ...others] = args;
    const port = portOf(first) ?? 0;
    asked.set(this, port);
    this.off("listening", publish).prependOnceListener("listening", publish);
    if (port === 0) return listen.apply(this, args); // or a path
    const real = realPort(port) ?? 0; // if it is in use, the system refuses it
    return listen.call(this, typeof first === "object" ? { ...first, port: real } : real, ...others);
};

net.Server.prototype.address = function () {
    const bound = address.call(this);
    if (bound === null || typeof bound === "string") return bound; // a path
    return { ...bound, port: asked.get(this) || bound.port };
};

/** @type {typeof close} */
net.Server.prototype.close = function (callback) {
    withdraw(this);
    return close.call(this, callback);
};

/** @type {(this: net.Socket, ...args: any[]) => net.Socket} */
net.Socket.prototype.connect = function (...args) {
    const [first, ...others] = Array.isArray(args[0]) ? args[0] : args; // net.connect() passes an array
    const port = first?.path ? undefined : portOf(first);
    if (port === undefined) return connect.apply(this, args);
    const host = typeof others[0] === "string" ? others[0] : undefined;
    const options = typeof first === "object" ? first : { host };
    const real = realPort(port);
    const target = real === undefined ? refusal(options.host, port) : { port: real };
    return connect.call(
        this,
        { ...options, ...target },
        others.find((other) => typeof other === "function"),
    );
};

process.on("exit", () => {
    for (const server of files.keys()) withdraw(server);
});

/**
 * The port in the first argument of `listen()` or `connect()`, if it has one.
 *
 * @param {any} first
 */
function portOf(first) {
    const port = Number(typeof first === "object" ? first?.port : first);
    return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined;
}

/** @this {net.Server} */
function publish() {
    const bound = address.call(this);
    if (bound === null || typeof bound === "string") return; // a path
    const file = join(FOLDER, String(asked.get(this) || bound.port));
    writeFileSync(file, JSON.stringify([bound.port, process.pid]));
    files.set(this, file);
}

/** @param {net.Server} server */
function withdraw(server) {
    const file = files.get(server);
    if (file) rmSync(file, { force: true });
    files.delete(server);
}

/**
 * The real port of the server that listens on `port`, if there is one.
 *
 * @param {number} port
 * @returns {number | undefined}
 */
function realPort(port) {
    try {
        const [real, pid] = JSON.parse(readFileSync(join(FOLDER, String(port)), "utf8"));
        process.kill(pid, 0); // throws if the server was killed
        return real;
    } catch {
        return undefined; // no server
    }
}

/**
 * Options of a connection that fails like a port without a server. There is no such port to connect to: another program
 * may listen on any, and a socket can connect to itself.
 *
 * @param {string | undefined} host
 * @param {number} port
 */
function refusal(host = "localhost", port) {
    const address = net.isIP(host) ? host : "127.0.0.1";
    const error = Object.assign(new Error(`connect ECONNREFUSED ${address}:${port}`), {
        errno: -constants.errno.ECONNREFUSED,
        code: "ECONNREFUSED",
        syscall: "connect",
        address,
        port,
    });
    /** @type {net.LookupFunction} */
    const lookup = (_host, _options, callback) => void setImmediate(callback, error, "");
    return { port, host: "refused.invalid", lookup };
}
