// The engine that joins two servers is killed, or frozen. One server sends at a steady rate; clients of both count what they get.
"use strict";

const { connect, serve } = require("../adapters");
const Fleet = require("../Fleet.js");
const { now } = require("../Inbox.js");
const { metrics, tables } = require("../cluster/faults.js");

/** Number of clients of each server. */
const CLIENTS = 5;

/** Milliseconds between messages. */
const INTERVAL_MS = 20;

/** Milliseconds before the fault, and of sending after it. */
const BEFORE_MS = 1500;
const AFTER_MS = 5000;

/** Milliseconds in which late messages can arrive after the last one was sent, and the servers can report losses. */
const QUIET_MS = 3000;

/** A message that takes longer is stale. */
const STALE_MS = 1000;

async function server(adapter, place, options) {
    let told = 0;
    let rejections = 0;
    process.on("unhandledRejection", () => (rejections += 1));
    const server = await serve(adapter, place, "broadcast", {}, options);
    server.onMissed?.((count) => (told += count));
    let timer;
    let sent = 0;
    const steps = {
        async joined(members) {
            while (server.members && (await server.members()) < members) await pause(20);
        },
        async connected(count) {
            while (server.connections() < count) await pause(10);
        },
        start() {
            timer = setInterval(() => void server.sendall({ n: sent++, at: now() }), INTERVAL_MS);
        },
        stop() {
            clearInterval(timer);
            return sent;
        },
        counts: () => ({ told, rejections }),
    };
    return { steps, result: server.place };
}

/** What one client got. */
class Log {
    #last = -1;
    #lastAt;
    received = 0;
    /** Messages that came twice, or before an earlier one. */
    wrong = 0;
    stale = 0;
    /** Longest time between two messages, in milliseconds. */
    pause = 0;

    take({ n, at }) {
        const time = now();
        this.received += 1;
        if (n <= this.#last) this.wrong += 1;
        if (time - at > STALE_MS) this.stale += 1;
        if (this.#lastAt !== undefined) this.pause = Math.max(this.pause, time - this.#lastAt);
        this.#last = n;
        this.#lastAt = time;
    }
}

/** @param places - of the server that sends, and of the other one */
async function client(adapter, places) {
    const logs = places.map(() => Array.from({ length: CLIENTS }, () => new Log()));
    for (const [index, place] of places.entries()) {
        for (const log of logs[index])
            await connect(adapter, place, "broadcast", { message: (value) => log.take(value) });
    }
    /** Of each server, the worst figures of its clients. */
    const worst = (logs) => ({
        received: Math.min(...logs.map(({ received }) => received)),
        wrong: Math.max(...logs.map(({ wrong }) => wrong)),
        stale: Math.max(...logs.map(({ stale }) => stale)),
        pause: Math.max(...logs.map(({ pause }) => pause)),
    });
    return { steps: { counts: () => logs.map(worst) } };
}

function pause(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The fault itself. */
const FAULTS = {
    none: () => pause(3000),
    async kill(engine) {
        await engine.kill();
        await pause(3000);
        await engine.start();
    },
    async freeze(engine) {
        engine.freeze();
        await pause(5000);
        engine.thaw();
    },
};

/** The figures of one fault of one implementation. */
async function provoke(fleet, fault) {
    const [sender] = fleet.servers;
    await sender.do("start");
    await pause(BEFORE_MS);
    await FAULTS[fault](fleet.engine);
    await pause(AFTER_MS);
    const sent = await sender.do("stop");
    await pause(QUIET_MS);
    const [local, remote] = await fleet.client.do("counts");
    const servers = await fleet.all("counts");
    return {
        sent,
        localLost: sent - local.received,
        localPause: local.pause,
        lost: sent - remote.received,
        told: servers[1].told,
        stale: remote.stale,
        wrong: local.wrong + remote.wrong,
        rejections: servers.reduce((sum, { rejections }) => sum + rejections, 0),
    };
}

/** New processes of one implementation. */
async function open(adapter, workload) {
    const fleet = await Fleet.open(adapter, workload, 2);
    try {
        await fleet.all("joined", 2);
        await fleet.all("connected", CLIENTS);
        return fleet;
    } catch (error) {
        await fleet.close();
        throw error;
    }
}

/** One fault after the other. All implementations have it at the same time, since they are idle nearly always. */
async function run({ workload, adapters, round, results }) {
    const all = adapters.map(() => ({}));
    for (const fault of Object.keys(FAULTS)) {
        const fleets = [];
        try {
            for (const adapter of adapters) fleets.push(await open(adapter, workload));
            const found = await Promise.all(fleets.map((fleet) => provoke(fleet, fault)));
            for (const [index, figures] of found.entries()) {
                for (const [kind, value] of Object.entries(figures)) all[index][`${kind}-${fault}`] = value;
            }
        } finally {
            for (const fleet of fleets) await fleet.close();
        }
    }
    for (const [index, adapter] of adapters.entries()) {
        results[adapter.name].rounds[round] = all[index];
    }
}

module.exports = [
    {
        name: "cluster-faults",
        title: "Engine trouble",
        about:
            `One of two servers sends ${1000 / INTERVAL_MS} messages a second to the clients of both. The engine is killed and ` +
            `started again after 3 s, or frozen for 5 s. Local clients are those of the server that sends, remote ` +
            `clients those of the other. Late messages arrive more than ${STALE_MS / 1000} s after they were sent. Reported are ` +
            `the lost messages that the server of the remote clients knows of. The counts are sums over all rounds, the ` +
            `pause is the longest one.`,
        family: "cluster",
        needs: "cluster",
        overview: false,
        cores: "free",
        metrics: metrics(Object.keys(FAULTS)),
        tables: (results, title) => tables(results, title, Object.keys(FAULTS)),
        server,
        client,
        run,
    },
];
