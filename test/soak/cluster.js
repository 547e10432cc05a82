"use strict";
// Soak test of a cluster (npm run soak -- --only cluster): three servers in processes of their own are joined by Redis, and
// then by NATS, through proxies. The broker is killed and frozen, connections are cut and stalled, servers are killed,
// stopped and blocked. What does not arrive must have been told, exactly; local clients get everything.

require("ts-node/register/transpile-only");
const { setTimeout: sleep } = require("node:timers/promises");
const { Broker, isInstalled } = require("../support/brokers.ts");
const DeliveryLog = require("./DeliveryLog.js");
const Program = require("./Program.js");
const Random = require("./Random.js");
const { judgeGrowth, number, printEnd, printRow } = require("./report.js");
const { freePort } = require("./topology.js");

const SERVERS = 3;
const HEARTBEAT = 100; // ms
const PROGRESS_INTERVAL = 5000;
const LONGEST_PEACE = 500; // ms between faults
const LONGEST_OUTAGE = 1000; // ms
/** Milliseconds in which the servers must have joined, and heard of all values, after the last fault. */
const SETTLE_LIMIT = 30_000;
const MIB = 2 ** 20;
/** Allowed growth from the second to the last sample. */
const GROWTH = { heap: 8 * MIB, rss: 96 * MIB };
const SAMPLES = 4;

const WEIGHTS = {
    "broker killed": 2,
    "broker frozen": 2,
    "connection cut": 4,
    "connection stalled": 4,
    "server killed": 1,
    "server stopped": 2,
    "server blocked": 2,
};

async function start(kind, seed, random) {
    const broker = await Broker.start(kind);
    const to = { port: broker.port, host: "127.0.0.1" };
    const routes = [];
    for (let n = 0; n < SERVERS; n += 1) {
        const place = { port: await freePort(random), host: "127.0.0.1" };
        routes.push({ name: `server ${n + 1}`, to, place, mangles: false });
    }
    const proxy = new Program("proxy", "proxy.js", { seed, routes });
    const servers = routes.map(({ name, place }, n) => {
        const config = { seed, kind, port: place.port, heartbeat: HEARTBEAT };
        return new Program(name, "clusterServer.js", config, { mortal: n > 0 });
    });
    return { broker, proxy, servers };
}

/** Injects one fault. */
async function disturb({ broker, proxy, servers }, random, counts) {
    const what = random.weighted(WEIGHTS);
    const time = random.between(50, LONGEST_OUTAGE);
    const server = random.pick(servers);
    counts[what] = (counts[what] ?? 0) + 1;
    if (what === "broker killed") {
        await broker.kill();
        await sleep(time);
        await broker.restart();
    } else if (what === "broker frozen") {
        await broker.freeze();
        await sleep(time);
        broker.thaw();
    } else if (what === "connection cut") await proxy.order("reset", server.name);
    else if (what === "connection stalled") await proxy.order("stall", server.name, time);
    else if (what === "server blocked") await server.order("block", time);
    else if (what === "server stopped") {
        server.signal("SIGSTOP");
        await sleep(time);
        server.signal("SIGCONT");
    } else {
        const mortal = random.pick(servers.filter((each) => each.mortal));
        await mortal.kill();
        await mortal.start();
    }
}

/** Waits until a condition of the accounts of all servers is true. */
async function accountsWith(servers, condition) {
    for (const deadline = performance.now() + SETTLE_LIMIT; ; await sleep(HEARTBEAT)) {
        const accounts = await Promise.all(servers.map((server) => server.order("account")));
        if (condition(accounts) || performance.now() > deadline) return accounts;
    }
}

const joined = (accounts) => accounts.every(({ state, members }) => state === "joined" && members === SERVERS);

/** What each server has not heard of: neither arrived nor told. */
function untold(accounts) {
    return accounts.flatMap(({ id: here, rows }) => {
        const known = new Map(rows);
        return accounts
            .filter(({ id, sent }) => known.get(id)?.last !== sent)
            .map(({ id, sent }) => `${here} knows ${JSON.stringify(known.get(id))} of the ${sent} values of ${id}`);
    });
}

/** Ends all faults, and compares. */
async function settle(servers, log, counts) {
    await Promise.all(servers.map((server) => server.order("halt")));
    const accounts = await accountsWith(servers, joined);
    if (!joined(accounts)) {
        log.violate("unsettled", `not all have joined: ${JSON.stringify(accounts)}`);
        return;
    }
    for (const server of servers) await server.order("last");
    const ended = await accountsWith(servers, (each) => untold(each).length === 0);
    for (const complaint of untold(ended)) log.violate("lost", complaint);
    for (const { rows, stats } of ended) {
        for (const [, { told }] of rows) counts["values missed, and told"] += told;
        counts["outages of servers"] += stats.outages;
    }
}

function printTable(kind, time, log, counts, samples) {
    console.log();
    printRow(kind, `${(time / 1000).toFixed()} s`);
    printRow("values arrived", number(log.counts.received));
    printRow("values that did not reach other servers", number(log.counts.refused));
    for (const [what, count] of Object.entries(counts)) printRow(what, number(count));
    printEnd(log, samples);
}

async function soak(kind, duration, seed) {
    const random = new Random(`${seed} ${kind}`);
    const log = new DeliveryLog();
    const all = await start(kind, seed, random);
    const { broker, proxy, servers } = all;
    for (const program of [proxy, ...servers]) log.follow(program);
    for (const program of [proxy, ...servers]) await program.start();

    const begin = performance.now();
    const elapsed = () => performance.now() - begin;
    const counts = { "values missed, and told": 0, "outages of servers": 0 };
    const samples = new Map([[servers[0].name, []]]);
    const times = Array.from({ length: SAMPLES }, (_, n) => (duration * (n + 0.3)) / SAMPLES);
    const progress = setInterval(() => {
        const state = log.complaints.length === 0 ? "all well" : `${log.complaints.length} violations`;
        console.log(
            `  ${(elapsed() / 1000).toFixed().padStart(5)} s  ${kind}  ${number(log.counts.received).padStart(11)} values   ${state}`,
        );
    }, PROGRESS_INTERVAL);
    while (elapsed() < duration && log.complaints.length === 0) {
        await sleep(random.between(0, LONGEST_PEACE));
        await disturb(all, random, counts);
        if (!(elapsed() > times[0])) continue;
        times.shift();
        for (const [name, list] of samples)
            list.push(await servers.find((server) => server.name === name).order("sample"));
    }
    await settle(servers, log, counts);
    for (const server of servers) await server.stop();
    await proxy.kill();
    await broker.stop();
    clearInterval(progress);
    judgeGrowth(log, samples, GROWTH);
    printTable(kind, elapsed(), log, counts, samples);
    return log.complaints;
}

/** Runs with each broker that is installed, for the same time. Resolves to the complaints. */
async function cluster(duration, seed) {
    const kinds = ["redis", "nats"].filter(isInstalled);
    if (kinds.length === 0 && process.env.CI === "true") return ["neither redis-server nor nats-server is installed"];
    if (kinds.length === 0) console.log("  skipped: neither redis-server nor nats-server is installed");
    for (const kind of kinds) {
        const complaints = await soak(kind, duration / kinds.length, seed);
        if (complaints.length > 0) return complaints.map((complaint) => `${kind}: ${complaint}`);
    }
    return [];
}

module.exports = cluster;
