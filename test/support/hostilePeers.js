// @ts-check
// For `node --require`: after the end of a program, its servers listen again and its clients connect again, to peers
// that send unexpected frames and close. The program exits with a code other than 0 if one of its handlers
// throws.
"use strict";

const net = require("node:net");
const tls = require("node:tls");
const { SockhopClient, SockhopServer } = require("sockhop");

const UUID = "c591fd0b-c600-4001-a8af-ba13b15fcbf5";
const NO_TEXT = { toString: 5, valueOf: 5 }; // cannot become a string or a number
const VALUES = [undefined, null, 5, -1, "text", true, [], [null], {}, [NO_TEXT, NO_TEXT]];
/** The attack does not wait longer for a handler. */
const VISIT_MS = 1000;

/** @typedef {import("sockhop").SockhopServer} Server */
/** @typedef {import("sockhop").SockhopClient} Client */

/** @type {Set<Server>} */
const servers = new Set();
/** @type {Set<Client>} */
const clients = new Set();
let attacking = false;

const { listen, close } = SockhopServer.prototype;
const { connect } = SockhopClient.prototype;

SockhopServer.prototype.listen = function () {
    servers.add(this);
    return listen.call(this);
};

SockhopClient.prototype.connect = function () {
    clients.add(this);
    return connect.call(this);
};

// Handlers may close their server. It stays open during the attack.
SockhopServer.prototype.close = function (options) {
    return attacking ? Promise.resolve() : close.call(this, options);
};

process.once("beforeExit", async () => {
    attacking = true;
    for (const server of servers) await attackServer(server);
    for (const client of clients) await attackClient(client);
    console.log("Hostile peers have been here");
});

/**
 * The terminator that the peer of an end expects.
 *
 * @param {Server | Client} end
 */
function terminatorOf(end) {
    // Not obj2buf(), which makes bytes without a terminator for a codec.
    const { json: codec } = end.$objectBuffer ?? end._objectBuffer; // of the build, of the sources
    const json = JSON.stringify(codec.enveloped ? { type: "Object", data: {} } : {});
    return codec.encodeMessage({}).slice(json.length);
}

/** @param {Server} server */
async function attackServer(server) {
    server.path = undefined;
    server.port = 0;
    await listen.call(server);
    for (const frame of framesFor(server)) {
        for (const leave of [atOnce, inGoodOrder]) await visit(server, frame, leave);
    }
    await close.call(server, { timeout: 0 });
}

/** @param {Client} client */
async function attackClient(client) {
    client.auto_reconnect = false;
    await client.disconnect({ timeout: 0 });
    const frames = framesFor(client);
    const hostile = net.createServer((socket) => {
        socket.on("error", () => undefined).setTimeout(VISIT_MS, () => socket.destroy());
        socket.resume().write(frames.pop() + terminatorOf([...servers][0] ?? client));
        leaveWhenHandled(client, socket, frames.length % 2 === 0 ? atOnce : inGoodOrder);
    });
    await new Promise((resolve) => hostile.listen(0, "127.0.0.1", () => resolve(undefined)));
    client.path = undefined;
    client.address = "127.0.0.1";
    client.port = /** @type {net.AddressInfo} */ (hostile.address()).port;
    while (frames.length > 0) {
        const isConnected = await connect.call(client).then(
            () => true,
            () => false,
        );
        if (!isConnected) break; // TLS only
        if (client.connected) await new Promise((resolve) => client.once("disconnect", resolve));
    }
    hostile.close();
}

/**
 * All hostile frames.
 *
 * @param {Server | Client} end
 */
function framesFor(end) {
    const events = end
        .eventNames()
        .map(String)
        .filter((name) => /^(receive|request)\b/.test(name));
    const handlers = events.flatMap((name) => end.rawListeners(name));
    const types = new Set(["Object", ...events.flatMap((name) => name.split(":").slice(1))]);
    const values = [...VALUES, ...VALUES.map((value) => withMembers(handlers, value))];
    const envelopes = [...types].flatMap((type) =>
        values.flatMap((data) => [
            { type, data },
            { type, data, id: UUID },
            { type: "SockhopRequest", data: { uuid: UUID, type, data, errors: true } },
        ]),
    );
    return [...values.filter((value) => value !== undefined), ...envelopes].map((value) => JSON.stringify(value));
}

/**
 * Creates an object with all members that a handler or JavaScript may read, all with the same value.
 *
 * @param {Function[]} handlers
 * @param {unknown} value
 */
function withMembers(handlers, value) {
    const words = new Set(handlers.flatMap((handler) => String(handler).match(/[a-z_]\w*/gi) ?? []));
    return Object.fromEntries([...words, "toString", "valueOf", "length", "then"].map((name) => [name, value]));
}

/**
 * Connects, sends a frame, and closes.
 *
 * @param {Server} server
 * @param {string} frame
 * @param {(socket: net.Socket) => void} leave
 */
function visit(server, frame, leave) {
    const place = { host: "127.0.0.1", port: Number(server.get_bound_port()) };
    const isTls = server.server instanceof tls.Server;
    const socket = isTls ? tls.connect({ ...place, rejectUnauthorized: false }) : net.connect(place);
    socket.once(isTls ? "secureConnect" : "connect", () => {
        socket.write(frame + terminatorOf([...clients][0] ?? server));
        leaveWhenHandled(server, socket, leave);
    });
    socket.on("error", () => undefined);
    socket.setTimeout(VISIT_MS, () => socket.destroy());
    socket.resume();
    return new Promise((resolve) => socket.once("close", resolve));
}

/**
 * Closes after the other end has received a message.
 *
 * @param {Server | Client} end
 * @param {net.Socket} socket
 * @param {(socket: net.Socket) => void} leave
 */
function leaveWhenHandled(end, socket, leave, before = end.stats.messages_received) {
    if (end.stats.messages_received > before) leave(socket);
    else if (!socket.destroyed) setImmediate(leaveWhenHandled, end, socket, leave, before);
}

/** @param {net.Socket} socket */
function atOnce(socket) {
    socket.destroy();
}

/** @param {net.Socket} socket */
function inGoodOrder(socket) {
    socket.end();
}
