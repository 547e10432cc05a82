"use strict";
// A process with clients, one for each server of its configuration:
//
//     { name, seed, incarnation, callers: [{ name, place, mangled, manual, queue }] }
//
// They connect by themselves, again and again; those that are `manual` do so by connect(). Those with a `queue` send notes all
// the time: these may arrive by another connection than the one that there was, but they, too, at most once and in order.

const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");
const Line = require("./Line.js");
const Station = require("./Station.js");
const { Hello, Note, smallBody } = require("./parcels.js");

/** How connect() may fail: nobody listens, or not any more, or does not keep up. */
const REFUSALS = ["ECONNREFUSED", "ENOENT", "EAGAIN", "ECONNRESET", "EPIPE", "ERR_ABORTED", "ERR_CONNECT_TIMEOUT"];
/** How a note may fail. */
const UNSENT = ["ERR_SOCKET_DESTROYED", "ERR_ABORTED"];

/** Whether this release keeps what is sent without a connection. */
const QUEUES = "buffered" in Sockhop.client.prototype;

const callers = new Map();

/** A client, and the connection that it has at the moment. */
class Caller {
    #client;
    #config;
    #line = null;
    #connections = 0;
    #notes = 0;
    #dialing = false;
    /** Connects no more, until it is to connect again. */
    #left = false;

    constructor(config) {
        this.#config = config;
        const options = { auto_reconnect_interval: 20, auto_reconnect_max_interval: 150, queue: config.queue === true };
        this.#client = new Sockhop.client({ ...config.place, ...options });
        this.#client.on("connect", (socket) => this.#connected(socket));
        this.#client.on("disconnect", () => this.#disconnected());
        this.#client.on("receive", (value, meta) => this.#receive(value, meta));
        this.#client.on("request", (request, response) => this.#line.serve(request, response));
        this.#client.on("error", (error) => {
            if (!config.mangled) station.violate("failed", `${config.name}: ${error.stack}`);
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

    /** Connects, however often it takes. */
    async #dial() {
        if (this.#dialing) return; // and will see that we want to be connected again
        this.#dialing = true;
        while (!this.#client.connected && !this.#left) {
            try {
                await station.pending.track("connect", this.#client.connect());
            } catch (error) {
                if (!REFUSALS.includes(error.code)) station.violate("failed", `connect(): ${error.stack}`);
                await sleep(station.random.between(0, 100));
            }
        }
        this.#dialing = false;
    }

    #connected(socket) {
        const { name, mangled, queue } = this.#config;
        if (this.#line) station.violate("events", `${name}: connect twice`);
        const key = `${name} ${station.config.incarnation}.${(this.#connections += 1)}`;
        const line = new Line(station, this.#client, socket, { key, mangled, mute: queue === true });
        this.#line = line;
        line.mention(new Hello(key));
        line.talk();
        station.tell("connected", name, key);
    }

    #disconnected() {
        const { name, manual } = this.#config;
        const line = this.#line;
        if (!line) {
            station.violate("events", `${name}: disconnect without connect`);
            return;
        }
        this.#line = null;
        station.tell("disconnected", name, line.key, line.mangled);
        station.account("client", line.ended());
        if (manual && !this.#left) this.#dial();
    }

    #receive(value, meta) {
        station.counts.received += 1;
        const line = this.#line;
        if (!line) station.violate("events", `${this.#config.name}: receive without connect`);
        else if (meta.type === "Broadcast") line.takeShared(line.broadcasts, value, meta.type);
        else line.receive(value, meta);
    }

    /** Sends notes whether there is a connection or not, and waits for none of them. */
    async #keepNoting() {
        while (!station.stopping) {
            await station.gate.pass(() => this.#note());
            await sleep(station.random.between(1, 80));
        }
    }

    #note() {
        const note = new Note(null, (this.#notes += 1), smallBody(station.random));
        if (station.random.chance(0.8)) {
            station.pending.track("note", this.#client.send(note)).catch(excuseNote);
            return;
        }
        let outcomes = 0;
        const settled = new Promise((resolve) => {
            const settle = () => {
                outcomes += 1;
                if (outcomes > 1) station.violate("twice", `the outcome of note ${note.n}`);
                resolve();
            };
            const answered = (answer) => {
                if (answer.n !== note.n) station.violate("strayed", `note ${note.n} has got the answer to ${answer.n}`);
                settle();
            };
            const failed = (error) => {
                excuseNote(error);
                settle();
            };
            this.#client.send(note, answered, { failed }).catch(excuseNote);
        });
        station.pending.track("note with an answer", settled);
    }

    get connected() {
        return this.#client.connected;
    }

    /** Ends the connection in good order, and begins another one after a while, or at once. */
    async leave(pause) {
        this.#left = true;
        this.#line?.farewell("disconnect");
        await station.pending.track("disconnect", this.#client.disconnect());
        if (pause > 0) await sleep(pause);
        if (!station.stopping) this.#begin();
    }

    reset() {
        const { socket } = this.#client;
        if (!this.connected) return;
        this.#line.ends("reset");
        // Only TCP can be reset.
        if (this.#config.place.path) socket.destroy();
        else socket.resetAndDestroy();
    }

    /** Ends our direction behind the back of the library. */
    halfClose() {
        if (!this.connected) return;
        this.#line.ends("half");
        this.#client.socket.end();
    }

    /** Reads nothing for a while. */
    async pause(time) {
        const { socket } = this.#client;
        if (!this.connected) return;
        socket.pause();
        await sleep(time);
        socket.resume();
    }
}

function excuseNote(error) {
    if (!UNSENT.includes(error.code)) station.violate("failed", `note: ${error.stack}`);
}

const station = new Station({
    unconnected: () => [...callers.keys()].find((name) => !callers.get(name).connected),
    leave: (name, pause) => callers.get(name).leave(pause),
    reset: (name) => callers.get(name).reset(),
    halfClose: (name) => callers.get(name).halfClose(),
    pause: (name, time) => callers.get(name).pause(time),
    async stop() {
        await Promise.all(Array.from(callers.values(), (caller) => caller.leave(0)));
    },
});
for (const config of station.config.callers) callers.set(config.name, new Caller(config));
station.tell("ready");
