"use strict";
// A process with a server: { name, seed, place }. It listens again when it has been closed.

const fs = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");
const Line = require("./Line.js");
const Station = require("./Station.js");
const { Answer, Broadcast, smallBody } = require("./parcels.js");

const REFUSED = "not today";
/** Newer releases take over the socket file that a killed server has left. */
const TAKES_OVER = "buffered" in Sockhop.client.prototype;

class Visit extends Sockhop.session {
    line;

    /** Takes its time now and then, and turns some away. */
    async start() {
        const { random } = station;
        if (random.chance(0.5)) await sleep(random.between(0, 20));
        if (random.chance(0.03)) {
            station.counts.refused += 1;
            throw new Error(REFUSED);
        }
    }
}

let server;

function onConnect(socket, session) {
    if (session.line) station.violate("events", "connect twice");
    session.line = new Line(station, session, socket);
    session.line.talk();
}

function onDisconnect(_socket, session) {
    if (!session.line?.open) {
        station.violate("events", "disconnect without connect");
        return;
    }
    station.account("server", session.line.ended());
}

function onReceive(value, meta) {
    station.counts.received += 1;
    const { line } = meta.session;
    if (!line) station.violate("events", "receive before connect");
    else if (meta.type === "Mangled")
        line.mangled = true; // the proxy says so first of all
    else if (line.mangled) line.receive(value, meta);
    else if (meta.type === "Hello")
        line.key ??= value.key; // later ones had to wait for another connection
    else if (!line.key) station.violate("reordered", `a ${meta.type} has come before Hello`);
    else if (meta.type === "Note") note(line, value, meta);
    else line.receive(value, meta);
}

function note(line, value, { type, callback }) {
    line.takeShared(line.notes, value, type);
    callback?.(new Answer(null, value.n, smallBody(station.random)));
}

async function onError(error, _socket, session) {
    if (error.message === REFUSED || error.code === "EADDRINUSE") return; // the latter listen() rejects with as well
    await sleep(100); // in the chunk with the error the proxy may have told that it mangles
    if (session?.line?.mangled) return;
    station.violate("failed", `error event of the server: ${error.stack}`);
}

/** Listens on the place it had, where somebody else may be in the way for a moment. */
async function listen() {
    const { path } = station.config.place;
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
    for (let n = 1; !station.stopping; n += 1) {
        await station.gate.pass(async () => {
            const value = new Broadcast(null, n, smallBody(station.random));
            try {
                await station.pending.track("sendall", server.sendall(value));
            } catch (error) {
                if (error.code !== "ERR_SOCKET_DESTROYED") station.violate("failed", `sendall(): ${error.stack}`);
            }
        });
        await sleep(station.random.between(20, 120));
    }
}

/** One of the sessions that count, for better or worse. */
function withSession(action) {
    return () => {
        const sessions = server.sessions.filter(({ line }) => line);
        return sessions.length > 0 && action(station.random.pick(sessions));
    };
}

function farewell(how) {
    for (const { line } of server.sessions) line?.farewell(how);
}

const station = new Station({
    kick: withSession(async (session) => {
        session.line.farewell("kill");
        await station.pending.track("kill", session.kill());
    }),
    reset: withSession((session) => {
        session.line.ends("reset");
        if (station.config.place.path) session.sock.destroy();
        else session.sock.resetAndDestroy();
    }),
    halfClose: withSession((session) => {
        session.line.ends("half");
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
        await station.pending.track("disconnect", server.disconnect());
    },
    async restart(pause) {
        farewell("close");
        await station.pending.track("close", server.close());
        await sleep(pause);
        await listen();
    },
    async stop() {
        farewell("close");
        await station.pending.track("close", server.close());
    },
});

server = new Sockhop.server({ ...station.config.place, session_type: Visit });
server.on("connect", onConnect).on("disconnect", onDisconnect).on("receive", onReceive).on("error", onError);
server.on("request", (request, response, { session }) => session.line.serve(request, response));
server.ping(2000);
listen().then(() => station.tell("ready"));
broadcast();
