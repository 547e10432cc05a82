"use strict";
// A process with clients, one for each server of its configuration:
//
//     { name, seed, incarnation, callers: [{ name, place, mangled, manual, queue }] }
//
// They reconnect automatically; those that are `manual` use connect(). Those with a `queue` send notes all
// the time: these may arrive over a later connection, but at most once and in order.

const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");
const Peer = require("./Peer.js");
const Worker = require("./Worker.js");
const { Hello, Note, smallBody } = require("./payloads.js");

/** Allowed errors of connect(): the server does not listen, has closed, or accepts too slowly. */
const REFUSALS = ["ECONNREFUSED", "ENOENT", "EAGAIN", "ECONNRESET", "EPIPE", "ERR_ABORTED", "ERR_CONNECT_TIMEOUT"];
/** Allowed errors of a note. */
const UNSENT = ["ERR_SOCKET_DESTROYED", "ERR_ABORTED"];

/** True if this release has a queue. */
const QUEUES = "buffered" in Sockhop.client.prototype;

const callers = new Map();

/** A client and its current connection. */
class Caller {
    #client;
    #config;
    #peer = null;
    #connections = 0;
    #notes = 0;
    #dialing = false;
    /** Stops connecting until it is started again. */
    #left = false;

    constructor(config) {
        this.#config = config;
        const options = { auto_reconnect_interval: 20, auto_reconnect_max_interval: 150, queue: config.queue === true };
        this.#client = new Sockhop.client({ ...config.place, ...options });
        this.#client.on("connect", (socket) => this.#connected(socket));
        this.#client.on("disconnect", () => this.#disconnected());
        this.#client.on("receive", (value, meta) => this.#receive(value, meta));
        this.#client.on("request", (request, response) => this.#peer.serve(request, response));
        this.#client.on("error", (error) => {
            if (!config.mangled && !Peer.isCut(error)) worker.violate("failed", `${config.name}: ${error.stack}`);
        });
        this.#begin();
        if (config.queue && QUEUES) this.#keepNoting();
    }

    #begin() {
        this.#left = false;
        if (this.#config.manual) this.#dial();
        else this.#client.auto_reconnect = true;
        this.#client.ping(2000);
    }

    /** Connects, with any number of attempts. */
    async #dial() {
        if (this.#dialing) return; // the running loop will connect again
        this.#dialing = true;
        while (!this.#client.connected && !this.#left) {
            try {
                await worker.pending.track("connect", this.#client.connect());
            } catch (error) {
                if (!REFUSALS.includes(error.code)) worker.violate("failed", `connect(): ${error.stack}`);
                await sleep(worker.random.between(0, 100));
            }
        }
        this.#dialing = false;
    }

    #connected(socket) {
        const { name, mangled, queue } = this.#config;
        if (this.#peer) worker.violate("events", `${name}: connect twice`);
        const key = `${name} ${worker.config.incarnation}.${(this.#connections += 1)}`;
        const peer = new Peer(worker, this.#client, socket, { key, mangled, mute: queue === true });
        this.#peer = peer;
        peer.mention(new Hello(key));
        peer.talk();
        worker.tell("connected", name, key);
    }

    #disconnected() {
        const { name, manual } = this.#config;
        const peer = this.#peer;
        if (!peer) {
            worker.violate("events", `${name}: disconnect without connect`);
            return;
        }
        this.#peer = null;
        worker.tell("disconnected", name, peer.key, peer.mangled);
        worker.account("client", peer.ended());
        if (manual && !this.#left) this.#dial();
    }

    #receive(value, meta) {
        worker.counts.received += 1;
        const peer = this.#peer;
        if (!peer) worker.violate("events", `${this.#config.name}: receive without connect`);
        else if (meta.type === "Broadcast") peer.takeShared(peer.broadcasts, value, meta.type);
        else peer.receive(value, meta);
    }

    /** Sends notes with or without a connection, and awaits none of them. */
    async #keepNoting() {
        while (!worker.stopping) {
            await worker.latch.pass(() => this.#note());
            await sleep(worker.random.between(1, 80));
        }
    }

    #note() {
        const note = new Note(null, (this.#notes += 1), smallBody(worker.random));
        if (worker.random.chance(0.8)) {
            worker.pending.track("note", this.#client.send(note)).catch(excuseNote);
            return;
        }
        let outcomes = 0;
        const settled = new Promise((resolve) => {
            const settle = () => {
                outcomes += 1;
                if (outcomes > 1) worker.violate("twice", `the outcome of note ${note.n}`);
                resolve();
            };
            const answered = (answer) => {
                if (answer.n !== note.n) worker.violate("strayed", `note ${note.n} has got the answer to ${answer.n}`);
                settle();
            };
            const failed = (error) => {
                excuseNote(error);
                settle();
            };
            this.#client.send(note, answered, { failed }).catch(excuseNote);
        });
        worker.pending.track("note with an answer", settled);
    }

    get connected() {
        return this.#client.connected;
    }

    /** Closes the connection gracefully, and opens another one later, or at once. */
    async leave(pause) {
        this.#left = true;
        this.#peer?.farewell("disconnect");
        await worker.pending.track("disconnect", this.#client.disconnect());
        if (pause > 0) await sleep(pause);
        if (!worker.stopping) this.#begin();
    }

    reset() {
        const { socket } = this.#client;
        if (!this.connected) return;
        this.#peer.ends("reset");
        // Only TCP connections can be reset.
        if (this.#config.place.path) socket.destroy();
        else socket.resetAndDestroy();
    }

    /** Ends our direction behind the back of the library. */
    halfClose() {
        if (!this.connected) return;
        this.#peer.ends("half");
        this.#client.socket.end();
    }

    /** Pauses reading for a while. */
    async pause(time) {
        const { socket } = this.#client;
        if (!this.connected) return;
        socket.pause();
        await sleep(time);
        socket.resume();
    }
}

function excuseNote(error) {
    if (!UNSENT.includes(error.code)) worker.violate("failed", `note: ${error.stack}`);
}

const worker = new Worker({
    unconnected: () => [...callers.keys()].find((name) => !callers.get(name).connected),
    leave: (name, pause) => callers.get(name).leave(pause),
    reset: (name) => callers.get(name).reset(),
    halfClose: (name) => callers.get(name).halfClose(),
    pause: (name, time) => callers.get(name).pause(time),
    async stop() {
        await Promise.all(Array.from(callers.values(), (caller) => caller.leave(0)));
    },
});
for (const config of worker.config.callers) callers.set(config.name, new Caller(config));
worker.tell("ready");
