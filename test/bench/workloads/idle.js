// The cost of idle clients for a server.
"use strict";

const { spawnSync } = require("node:child_process");
const { connect, serve } = require("../adapters");

const WANTED = 5000;

/** File descriptors reserved for other uses. */
const SPARE = 200;

/** Number of clients that connect at a time; more might exceed the backlog of the system. */
const AT_A_TIME = 100;

/** Milliseconds between pings, and number of measured intervals. */
const PING = 2000;
const PINGS = 3;

/** Maximum number of clients: Node itself raises the limit of open files as far as possible. */
function clients() {
    if (process.platform === "win32") return WANTED;
    const limit = Number(spawnSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).stdout);
    return Number.isFinite(limit) ? Math.min(WANTED, limit - SPARE) : WANTED;
}

const CLIENTS = clients();

async function server(adapter, place, { ping }) {
    const server = await serve(adapter, place, "messages", {}, { ping });
    const steps = {
        memory() {
            for (let n = 0; n < 4; n++) global.gc();
            const { heapUsed, rss } = process.memoryUsage();
            return { heap: heapUsed, rss };
        },
        async connected(count) {
            while (server.connections() < count) await pause(1);
        },
        ping: () => server.ping?.(ping),
        pause,
    };
    return { steps, result: server.place };
}

async function client(adapter, place) {
    const steps = {
        async connect(count) {
            await Promise.all(Array.from({ length: count }, () => connect(adapter, place, "messages")));
        },
    };
    return { steps };
}

function pause(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Connects all clients. Resolves to the pair and the memory in bytes per client. */
async function crowd(open, ping) {
    const pair = await open({ flags: ["--expose-gc"], ping });
    const before = await pair.server.do("memory");
    for (let count = 0; count < CLIENTS;) {
        const more = Math.min(AT_A_TIME, CLIENTS - count);
        await pair.client.do("connect", more);
        await pair.server.do("connected", (count += more));
    }
    await pair.server.do("pause", 500);
    const cost = async () => {
        const after = await pair.server.do("memory");
        return { heap: (after.heap - before.heap) / CLIENTS, rss: (after.rss - before.rss) / CLIENTS };
    };
    return { pair, cost };
}

async function measure({ adapter, open }) {
    const quiet = await crowd(open, null);
    const { heap, rss } = await quiet.cost();
    quiet.pair.close();
    if (adapter.lacks.ping) return { heap, rss };

    const { pair, cost } = await crowd(open, PING);
    await pair.server.do("ping");
    await pair.server.do("pause", 1.5 * PING);
    const { server } = await pair.cost(() => pair.server.do("pause", PINGS * PING));
    const pinging = await cost();
    pair.close();
    return { heap, rss, heapPinging: pinging.heap, rssPinging: pinging.rss, ping: server / PINGS / CLIENTS };
}

/** Adds to each memory figure the part above the memory of plain sockets. */
function finish({ bare, ...results }) {
    if (!bare) return;
    for (const { rounds = [] } of Object.values(results)) {
        for (const [round, figures] of rounds.entries()) {
            if (figures && bare.rounds[round]) figures.heapOver = figures.heap - bare.rounds[round].heap;
        }
    }
}

module.exports = [
    {
        name: "idle",
        title: `${CLIENTS} idle connections`,
        about:
            `${CLIENTS} clients connect and send nothing. Memory is that of the server for one client, after a garbage ` +
            `collection; with pings, after ${PINGS + 1} rounds of pings. The CPU time of a ping is that of the server, ` +
            `with the pong.` +
            (CLIENTS < WANTED ? ` (The limit of open files did not allow more than ${CLIENTS}.)` : ""),
        rounds: (rounds) => Math.min(rounds, 3),
        chart: "heap",
        metrics: {
            heap: { title: "heap, bytes", better: "less", digits: 0 },
            heapOver: { title: "heap without that of the sockets", better: "less", digits: 0 },
            rss: { title: "RSS, bytes", better: "less", digits: 0 },
            heapPinging: { title: "heap with pings", better: "less", digits: 0 },
            rssPinging: { title: "RSS with pings", better: "less", digits: 0 },
            ping: { title: "CPU of a ping, µs", better: "less", digits: 1 },
        },
        server,
        client,
        measure,
        finish,
    },
];
