"use strict";
// A process with a server: { name, seed, place }. It listens again after a close.

const fs = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");
const Peer = require("./Peer.js");
const Worker = require("./Worker.js");
const { Answer, Broadcast, smallBody } = require("./payloads.js");

const REFUSED = "not today";
/** Newer releases replace the socket file of a killed server. */
const TAKES_OVER = "buffered" in Sockhop.client.prototype;

class Visit extends Sockhop.session {
    peer;

    /** A session with an occasional delay, which refuses some connections. */
    async start() {
        const { random } = worker;
        if (random.chance(0.5)) await sleep(random.between(0, 20));
        if (random.chance(0.03)) {
            worker.counts.refused += 1;
            throw new Error(REFUSED);
        }
    }
}

let server;

function onConnect(socket, session) {
    if (session.peer) worker.violate("events", "connect twice");
    session.peer = new Peer(worker, session, socket);
    session.peer.talk();
}

function onDisconnect(_socket, session) {
    if (!session.peer?.open) {
        worker.violate("events", "disconnect without connect");
        return;
    }
    worker.account("server", session.peer.ended());
}

function onReceive(value, meta) {
    worker.counts.received += 1;
    const { peer } = meta.session;
    if (!peer) worker.violate("events", "receive before connect");
    else if (meta.type === "Mangled")
        peer.mangled = true; // the proxy sends this first
    else if (peer.mangled) peer.receive(value, meta);
    else if (meta.type === "Hello")
        peer.key ??= value.key; // later connections had to wait
    else if (!peer.key) worker.violate("reordered", `a ${meta.type} has come before Hello`);
    else if (meta.type === "Note") note(peer, value, meta);
    else peer.receive(value, meta);
}

function note(peer, value, { type, callback }) {
    peer.takeShared(peer.notes, value, type);
    callback?.(new Answer(null, value.n, smallBody(worker.random)));
}

async function onError(error, _socket, session) {
    if (Peer.isCut(error) || error.message === REFUSED || error.code === "EADDRINUSE") return; // listen() rejects with EADDRINUSE as well
    await sleep(100); // the chunk with the error may contain the message of the proxy
    if (session?.peer?.mangled) return;
    worker.violate("failed", `error event of the server: ${error.stack}`);
}

/** Listens on its previous address, which another process may use for a short time. */
async function listen() {
    const { path } = worker.config.place;
    for (let attempt = 1; ; attempt += 1) {
        try {
            await server.listen();
            return;
        } catch (error) {
            const inUse = error.code === "EADDRINUSE";
            if (inUse && path && !TAKES_OVER) fs.rmSync(path, { force: true });
            else if (inUse && !path && attempt < 50) await sleep(200);
            else throw error;
        }
    }
}

async function broadcast() {
    for (let n = 1; !worker.stopping; n += 1) {
        await worker.latch.pass(async () => {
            const value = new Broadcast(null, n, smallBody(worker.random));
            try {
                await worker.pending.track("sendall", server.sendall(value));
            } catch (error) {
                if (error.code !== "ERR_SOCKET_DESTROYED") worker.violate("failed", `sendall(): ${error.stack}`);
            }
        });
        await sleep(worker.random.between(20, 120));
    }
}

/** One of the accepted sessions. */
function withSession(action) {
    return () => {
        const sessions = server.sessions.filter(({ peer }) => peer);
        return sessions.length > 0 && action(worker.random.pick(sessions));
    };
}

function farewell(how) {
    for (const { peer } of server.sessions) peer?.farewell(how);
}

const worker = new Worker({
    kick: withSession(async (session) => {
        session.peer.farewell("kill");
        await worker.pending.track("kill", session.kill());
    }),
    reset: withSession((session) => {
        session.peer.ends("reset");
        if (worker.config.place.path) session.sock.destroy();
        else session.sock.resetAndDestroy();
    }),
    halfClose: withSession((session) => {
        session.peer.ends("half");
        session.sock.end();
    }),
    async pause(time) {
        const sockets = server.sockets;
        for (const socket of sockets) socket.pause();
        await sleep(time);
        for (const socket of sockets) socket.resume();
    },
    async dismiss() {
        farewell("disconnect");
        await worker.pending.track("disconnect", server.disconnect());
    },
    async restart(pause) {
        farewell("close");
        await worker.pending.track("close", server.close());
        await sleep(pause);
        await listen();
    },
    async stop() {
        farewell("close");
        await worker.pending.track("close", server.close());
    },
});

server = new Sockhop.server({ ...worker.config.place, session_type: Visit });
server.on("connect", onConnect).on("disconnect", onDisconnect).on("receive", onReceive).on("error", onError);
server.on("request", (request, response, { session }) => session.peer.serve(request, response));
server.ping(2000);
listen().then(() => worker.tell("ready"));
broadcast();
