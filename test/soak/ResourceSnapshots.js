"use strict";
// Measures from time to time, during pauses, the resources of long-lived processes, and reports growth.

const { setTimeout: sleep } = require("node:timers/promises");

const MIB = 2 ** 20;
const PATIENCE = 15_000; // ms for all to be connected and quiet
/** Allowed growth from the second to the last snapshot. */
const GROWTH = { heap: 4 * MIB, rss: 48 * MIB };

class ResourceSnapshots {
    /** A list of samples for each inspected program. */
    samples = new Map();
    #topology;
    #deliveries;

    constructor(topology, deliveries) {
        this.#topology = topology;
        this.#deliveries = deliveries;
        for (const program of [...topology.servers, ...topology.clients])
            if (!program.mortal) this.samples.set(program, []);
    }

    /** Pauses all processes, takes a snapshot, and resumes them. */
    async take() {
        const { servers, clients } = this.#topology;
        const talkers = [...servers, ...clients];
        await this.#until(clients, (client) => client.order("unconnected"), "is not connected");
        await Promise.all(talkers.map((talker) => talker.order("hold")));
        const broken = (name, key, mangled) => {
            if (!mangled) this.#deliveries.violate("events", `${key} was disconnected while nothing happened`);
        };
        for (const client of clients) client.on("disconnected", broken);
        await this.#until(talkers, underWay, "goes on");
        for (const [program, samples] of this.samples) samples.push(await this.#sample(program, samples[0]));
        for (const client of clients) client.off("disconnected", broken);
        await Promise.all(talkers.map((talker) => talker.order("resume")));
    }

    /** A sample, with no more handles than the first one if possible: connections may still be closing. */
    async #sample(program, first) {
        const deadline = performance.now() + PATIENCE;
        for (;;) {
            const sample = await program.order("sample");
            if (performance.now() > deadline || !first || noMoreHandles(sample, first)) return sample;
            await sleep(250);
        }
    }

    /** Waits until no process has pending work. */
    async #until(programs, find, complaint) {
        const deadline = performance.now() + PATIENCE;
        for (;;) {
            const found = await Promise.all(programs.map(find));
            const [who, what] = [programs[found.findIndex(Boolean)], found.find(Boolean)];
            if (!who) return;
            if (performance.now() > deadline) {
                this.#deliveries.violate("unsettled", `${who.name}: ${what} ${complaint}, in peace`);
                return;
            }
            await sleep(100);
        }
    }

    /**
     * Compares the last snapshot with the first; memory with the second, because allocations during startup are not
     * leaks.
     */
    judge() {
        for (const [{ name }, samples] of this.samples) {
            const [first, second = first] = samples;
            const last = samples.at(-1);
            if (!first || !last) continue;
            if (!noMoreHandles(last, first)) {
                const [before, after] = [first, last].map(({ handles }) => JSON.stringify(handles));
                this.#deliveries.violate("failed", `${name}: handles were ${before}, and are ${after}`);
            }
            for (const [what, limit] of Object.entries(GROWTH)) {
                const [before, after] = [second[what], last[what]];
                if (after - before > limit)
                    this.#deliveries.violate("failed", `${name}: ${what} has grown from ${before} to ${after} bytes`);
            }
        }
    }
}

/** Pending work of a program, if any. */
async function underWay(program) {
    const { busy, oldest } = (await program.order("sample")) ?? {};
    return oldest?.what ?? (busy > 0 && "somebody");
}

/** At the first snapshot a connection may still be closing, with its own timer: fewer are fine, too. */
function noMoreHandles({ handles: now }, { handles: first }) {
    return Object.keys(now).every((type) => now[type] <= (first[type] ?? 0));
}

module.exports = ResourceSnapshots;
