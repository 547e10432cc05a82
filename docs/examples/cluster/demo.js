// The demo of a cluster (npm run demo:cluster): three servers with two hundred clients. Each server sends numbers to all
// clients. A server is killed, and then the engine that joins the servers. At the end each client knows which numbers it has
// missed, and compares that with what its server has reported.
//
// It starts a redis-server or a nats-server of its own. Without them, everything is in one process, on an engine in memory.
"use strict";

const { setTimeout: sleep } = require("node:timers/promises");
const { Broker } = require("./Broker.js");
const { ClientGroup } = require("./ClientGroup.js");
const { FragileEngine } = require("./engines.js");
const { NumberServer } = require("./server.js");
const { LocalWorker, Worker, killAll } = require("./Worker.js");

const CLIENTS = 200;
const INTERVAL = 50; // milliseconds between two numbers of a server
const RUN = 700; // milliseconds without a fault
const OUTAGE = 1500; // milliseconds without an engine
const LAST_NUMBERS = 5000; // milliseconds until the last numbers must have arrived
const TIME_LIMIT = 120; // seconds; enough for a computer that does much else
const alarm = new AbortController(); // aborts all waits after a failure

/** Servers and clients in processes of their own, on a real engine. */
class Processes {
    end = "killed";

    constructor(broker) {
        this.engine = broker;
    }

    get title() {
        return `${this.engine.title}, each server in its own process`;
    }

    server(number) {
        return new Worker(alarm, `Server ${number}`, "server", this.engine.url);
    }

    clients() {
        return new Worker(alarm, "The process of the clients", "clients");
    }
}

/** Everything in this process. */
class OneProcess {
    title = "An engine in memory, all servers in one process (install redis-server or nats-server for a real one)";
    end = "closed";
    engine = new FragileEngine();

    server() {
        return new LocalWorker(new NumberServer(this.engine));
    }

    clients() {
        return new LocalWorker(new ClientGroup());
    }
}

/** Chooses the engine: a name, or what is installed. */
async function stageFor(name) {
    const { installed } = Broker;
    if (name === "memory" || (name === undefined && installed.length === 0)) return new OneProcess();
    if (name !== undefined && !installed.includes(name)) throw new Error(`${name} or its package is not installed`);
    const broker = new Broker(name ?? installed[0]);
    await broker.start();
    return new Processes(broker);
}

const started = performance.now();

function print(text) {
    console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${text}`);
}

const all = (workers, method, ...args) => Promise.all(workers.map((worker) => worker.call(method, ...args)));

async function wait(time) {
    await sleep(time, undefined, { signal: alarm.signal });
}

async function show(stage) {
    console.log(`${stage.title}\n`);
    const servers = [1, 2, 3].map((number) => stage.server(number));
    const [spare, clients] = [stage.server(4), stage.clients()];
    const ports = await all(servers, "listen");
    await all(servers, "hasMembers", servers.length);
    await clients.call(
        "connect",
        CLIENTS,
        ports.map((port) => ({ port })),
    );
    const counts = await clients.call("at", ports);
    print(`Three servers are one cluster. Their ${CLIENTS} clients: ${counts.join(", ")}`);
    await all(servers, "start", INTERVAL);
    await wait(RUN);

    const [port] = ports;
    const moved = clients.call("leave", port);
    await servers.shift().kill();
    await moved;
    print(`Server 1 is ${stage.end}. Its ${counts[0]} clients are connected to the others`);
    servers.push(spare);
    await spare.call("listen");
    await all(servers, "hasMembers", servers.length);
    await spare.call("start", INTERVAL);
    print("Server 4 joins. Its numbers reach all clients");
    await wait(RUN);

    const noticed = all(servers, "reaches", "degraded");
    await stage.engine.kill();
    await noticed;
    print("The engine is killed. Each server sends to its own clients only");
    await wait(OUTAGE);
    const joined = all(servers, "reaches", "joined");
    await stage.engine.restart();
    await joined;
    print("The engine is started again. All servers have joined");
    await wait(RUN);

    const ids = await all(servers, "stop");
    const result = await clients.call("finish", ids, LAST_NUMBERS);
    await clients.close();
    await Promise.all(servers.map((server) => server.close()));
    await stage.engine.kill();
    return result;
}

function printTable({ own, others, between }) {
    const rows = [
        ["numbers", "received", "lost", "reported", "twice", "out of order"],
        ...Object.entries({ "of the own server": own, "of other servers": others }).map(([title, counts]) => {
            const { received, lost, reported, twice, outOfOrder } = counts;
            return [title, ...[received, lost, reported, twice, outOfOrder].map((count) => count.toLocaleString("en"))];
        }),
    ];
    console.log();
    for (const [title, ...cells] of rows)
        console.log(title.padEnd(18) + cells.map((cell) => cell.padStart(14)).join(""));
    console.log(`\nLongest pause of the numbers of the own server: ${own.pause.toFixed()} ms`);
    console.log(`Numbers that clients missed while they went to another server: ${between.toLocaleString("en")}`);
}

/** Returns what must not happen. */
function faultsOf({ own, others, unequal, unfinished }) {
    return [
        unfinished > 0 && `${unfinished} clients have not received the last numbers`,
        own.lost > 0 && "Clients have lost numbers of their own server",
        own.twice + others.twice > 0 && "Numbers have arrived twice",
        own.outOfOrder + others.outOfOrder > 0 && "Numbers have arrived out of order",
        unequal > 0 && "What was reported is not what was lost",
        others.lost === 0 && "The killed engine has lost nothing, so this demo has shown nothing",
    ].filter(Boolean);
}

async function main([name]) {
    setTimeout(() => alarm.abort(new Error(`The demo needs more than ${TIME_LIMIT} s`)), TIME_LIMIT * 1000).unref();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
        process.once(signal, () => alarm.abort(new Error(`Interrupted by ${signal}`)));
    }
    let stage;
    try {
        stage = await stageFor(name);
        const aborted = new Promise((_, reject) => {
            alarm.signal.addEventListener("abort", () => reject(alarm.signal.reason));
        });
        const result = await Promise.race([show(stage), aborted]);
        printTable(result);
        const faults = faultsOf(result);
        if (faults.length > 0) throw new Error(faults.join("\n"));
        console.log("\nEach client knows exactly what it has missed. Nothing has arrived twice or out of order.");
        process.exitCode = 0;
    } catch (error) {
        console.error(`\nThe demo has failed.\n${(alarm.signal.reason ?? error).message}`);
    } finally {
        await killAll();
        await stage?.engine.kill();
    }
}

process.exitCode = 1; // until all counts agree
main(process.argv.slice(2));
