"use strict";
// What each process of the soak has in common: it obeys the driver, and tells it what happens.
//
// To the driver go [event, ...details]:
//
//     "ready", details      it can be used
//     "done", id, result    an order has been carried out
//     "tally", counts       twice a second: what has happened since the last time, and what waits
//     "violation", kind, text, count
//
// and what a client or server has to say besides. From the driver come [id, order, ...arguments]. Every process knows
// "hold" and "resume", to be looked at in peace, and "sample".

const { setTimeout: sleep } = require("node:timers/promises");
const PauseLatch = require("./PauseLatch.js");
const Pending = require("./Pending.js");
const Random = require("./Random.js");

const TALLY_INTERVAL = 500; // ms
const SETTLE_LIMIT = 5000; // ms that promises may take when all connections have ended

class Worker {
    config = JSON.parse(process.argv[2]);
    random = new Random(this.config.seed);
    pending = new Pending();
    latch = new PauseLatch();
    counts = { received: 0, bytes: 0, refused: 0 };
    /** Functions that bring `counts` up to date. */
    counters = new Set();
    /** Nothing new is to be begun. */
    stopping = false;
    #commands;
    #accounts = new Set();
    #stopped = false;

    /** `commands` are the functions that carry out what the driver wants. */
    constructor(commands) {
        this.#commands = {
            ...commands,
            hold: () => this.latch.close(),
            resume: () => this.latch.open(),
            sample: () => sample(this),
            stop: () => this.#stop(commands.stop),
        };
        process.on("message", (message) => this.#obey(...message));
        // The driver has gone, however it went: nobody is left to stop this process.
        process.on("disconnect", () => this.#stopped || process.exit());
        void process.stderr; // Node opens it when it is used first, and then it would count as a new handle
        setInterval(() => this.#tally(), TALLY_INTERVAL).unref();
    }

    tell(...event) {
        if (process.connected) process.send(event);
    }

    /** Says that something has happened that must not. */
    violate(kind, text, count = 1) {
        this.tell("violation", kind, text, count);
    }

    /** Tells the account of a connection when it is there. */
    async account(side, account) {
        this.#accounts.add(account);
        this.tell("account", side, await account);
        this.#accounts.delete(account);
    }

    /** Ends all that keeps this process alive. What is left of it then, the library has forgotten. */
    async #stop(stop) {
        this.stopping = true;
        this.latch.open();
        await stop();
        await Promise.all(this.#accounts);
        for (const deadline = performance.now() + SETTLE_LIMIT; this.pending.size > 0; await sleep(20)) {
            if (performance.now() < deadline) continue;
            this.violate("unsettled", `${this.pending.oldest().what} when all has ended`, this.pending.size);
            break;
        }
        this.#tally();
        this.#stopped = true;
    }

    async #obey(id, order, ...args) {
        try {
            const result = await this.#commands[order](...args);
            this.tell("done", id, result);
            if (this.#stopped) process.disconnect();
        } catch (error) {
            this.violate("failed", `${order}: ${error.stack}`);
            this.tell("done", id);
        }
    }

    #tally() {
        for (const count of this.counters) count();
        const { begun, settled } = this.pending;
        this.tell("tally", { ...this.counts, begun, settled, oldest: this.pending.oldest() });
        for (const name of Object.keys(this.counts)) this.counts[name] = 0;
        this.pending.begun = this.pending.settled = 0;
    }
}

/** What the process holds. Makes sense while everybody is held. */
function sample({ latch, pending }) {
    globalThis.gc();
    globalThis.gc();
    const handles = {};
    for (const type of process.getActiveResourcesInfo()) handles[type] = (handles[type] ?? 0) + 1;
    const { rss, heapUsed, external } = process.memoryUsage();
    return { busy: latch.busy, oldest: pending.oldest(), rss, heap: heapUsed + external, handles };
}

module.exports = Worker;
