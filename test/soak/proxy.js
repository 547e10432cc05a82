"use strict";
// A process with proxies: { seed, routes: [{ name, place, to, mangles }] }. Data is split at any position and delayed,
// and some routes change bytes. A connection over one of those starts with a message of the proxy that says so.

const net = require("node:net");
const Worker = require("./Worker.js");

const LONGEST_DELAY = 15; // ms
const MANGLED = '{"type":"Mangled","data":true}\n';

/** One direction of a connection: copies data from one socket to another, delayed and in other chunks. */
class Pipe {
    #from;
    #to;
    #mangles;
    #queue = [];
    #timer;
    #stalledUntil = 0;

    constructor(from, to, mangles) {
        this.#from = from;
        this.#to = to;
        this.#mangles = mangles;
        // Always reads: sent data must arrive even if the other end was disconnected.
        from.on("data", (chunk) => this.#take(mangles ? mangled(chunk) : chunk));
        from.on("end", () => this.#take(null));
        from.on("close", () => this.#take(null));
        from.on("error", () => undefined);
    }

    stall(time) {
        this.#stalledUntil = performance.now() + time;
    }

    /** Discards pending data. */
    drop() {
        clearTimeout(this.#timer);
        this.#queue = [];
    }

    #take(chunk) {
        const { random } = worker;
        if (chunk === null) this.#queue.push(null);
        else this.#queue.push(...pieces(chunk));
        this.#timer ??= setTimeout(() => this.#pass(), random.chance(0.5) ? 0 : random.between(0, LONGEST_DELAY));
    }

    #pass() {
        const { random } = worker;
        this.#timer = undefined;
        const stalled = this.#stalledUntil - performance.now();
        // Some chunks in one write, because each write is a system call, and then a pause.
        for (let n = random.between(1, 30); n > 0 && this.#queue.length > 0 && stalled <= 0; n -= 1) {
            const piece = this.#queue.shift();
            if (piece === null) this.#to.end();
            else if (this.#to.writable) this.#to.write(piece);
        }
        if (this.#queue.length > 0)
            this.#timer = setTimeout(() => this.#pass(), stalled > 0 ? stalled : random.between(0, 1));
    }
}

/** A chunk in pieces: of a few bytes, of any size, or unchanged. */
function pieces(chunk) {
    const { random } = worker;
    const result = [];
    for (let start = 0; start < chunk.length;) {
        const small = result.length < 20 && random.chance(0.5);
        const length = small ? random.between(1, 9) : random.between(1, 32_768);
        result.push(chunk.subarray(start, start + length));
        start += length;
    }
    return result;
}

/** A chunk with some bytes changed, missing or doubled. */
function mangled(chunk) {
    const { random } = worker;
    if (random.chance(0.7)) return chunk;
    const at = random.between(0, chunk.length - 1);
    const to = random.between(at, Math.min(at + 20, chunk.length));
    const [before, middle, after] = [chunk.subarray(0, at), chunk.subarray(at, to), chunk.subarray(to)];
    const change = random.pick([
        () => [before, after],
        () => [before, middle, middle, after],
        () => [before, middle.map(() => random.between(0, 255)), after],
        () => [before, Buffer.from("\n"), after],
        () => [before, middle.map((byte) => byte ^ (1 << random.between(0, 7))), after],
    ]);
    return Buffer.concat(change());
}

/** The connections of each route. */
const pairs = new Map();

function accept({ name, to, mangles }, inner) {
    const outer = net.connect({ ...to, allowHalfOpen: true });
    const pipes = [new Pipe(inner, outer, mangles), new Pipe(outer, inner, mangles)];
    const pair = { sockets: [inner, outer], pipes };
    pairs.get(name).add(pair);
    if (mangles) outer.write(MANGLED);
    for (const socket of pair.sockets) {
        socket.setNoDelay?.();
        socket.on("close", () => {
            if (pair.sockets.every(({ destroyed }) => destroyed)) pairs.get(name).delete(pair);
        });
    }
}

const worker = new Worker({
    reset(name) {
        for (const { sockets, pipes } of pairs.get(name)) {
            for (const pipe of pipes) pipe.drop();
            for (const socket of sockets) {
                if (socket.remoteAddress) socket.resetAndDestroy();
                else socket.destroy();
            }
        }
    },
    stall(name, time) {
        for (const { pipes } of pairs.get(name)) for (const pipe of pipes) pipe.stall(time);
    },
});

async function start(route) {
    pairs.set(route.name, new Set());
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(route, socket));
    await new Promise((resolve) => server.listen(route.place, resolve));
}

Promise.all(worker.config.routes.map(start)).then(() => worker.tell("ready"));
