"use strict";
// Common part of all soak processes: executes orders of the driver, and reports events.
//
// Reports to the driver are [event, ...details]:
//
//     "ready", details      the process is ready
//     "done", id, result    an order was executed
//     "tally", counts       twice a second: counts since the last report, and pending work
//     "violation", kind, text, count
//
// and the reports of clients and servers. Orders of the driver are [id, order, ...arguments]. Every process supports
// "hold" and "resume" for snapshots, and "sample".

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
    /** Functions that update `counts`. */
    counters = new Set();
    /** True while no new work may start. */
    stopping = false;
    #commands;
    #accounts = new Set();
    #stopped = false;

    /** `commands` are the functions for the orders of the driver. */
    constructor(commands) {
        this.#commands = {
            ...commands,
            hold: () => this.latch.close(),
            resume: () => this.latch.open(),
            sample: () => sample(this),
            stop: () => this.#stop(commands.stop),
        };
        process.on("message", (message) => this.#obey(...message));
        // The driver has exited: end this process.
        process.on("disconnect", () => this.#stopped || process.exit());
        void process.stderr; // Node opens it on first use, and then it would count as a new handle
        setInterval(() => this.#tally(), TALLY_INTERVAL).unref();
    }

    tell(...event) {
        if (process.connected) process.send(event);
    }

    /** Reports a violation. */
    violate(kind, text, count = 1) {
        this.tell("violation", kind, text, count);
    }

    /** Reports the result of a connection when it is available. */
    async account(side, account) {
        this.#accounts.add(account);
        this.tell("account", side, await account);
        this.#accounts.delete(account);
    }

    /** Closes all handles of this process. Remaining ones are leaks of the library. */
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

/** Resources of the process. Valid while all processes are paused. */
function sample({ latch, pending }) {
    globalThis.gc();
    globalThis.gc();
    const handles = {};
    for (const type of process.getActiveResourcesInfo()) handles[type] = (handles[type] ?? 0) + 1;
    const { rss, heapUsed, external } = process.memoryUsage();
    return { busy: latch.busy, oldest: pending.oldest(), rss, heap: heapUsed + external, handles };
}

module.exports = Worker;
