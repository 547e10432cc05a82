"use strict";
// A process with a server of a cluster and a client of it: { name, seed, kind, port, heartbeat }. It sends numbered values to
// the clients of all servers. The client checks that the values of each server arrive once and in order, and that it is told
// of each one that does not before the next one arrives.

const Sockhop = require("sockhop");
const { nats_engine } = require("sockhop/nats");
const { redis_engine } = require("sockhop/redis");
const Worker = require("./Worker.js");

const LONGEST_PAUSE = 8; // ms between bursts
const LARGEST_BURST = 30;
const LETTERS = "abcdefghijklmnopqrstuvwxyz→é😀\n".repeat(8000);
const TIMEOUT = 1000; // ms of an attempt to connect
const GROUP = "everybody";

/** Errors with which a value does not reach the other servers. */
const EXPECTED = ["ERR_CLUSTER_DEGRADED", "ERR_BUFFER_FULL", "ERR_MAX_PENDING"];

const { kind, port, heartbeat } = JSON.parse(process.argv[2]);
const host = "127.0.0.1";
const engine =
    kind === "redis"
        ? redis_engine({ url: `redis://${host}:${port}`, socket: { connectTimeout: TIMEOUT } })
        : nats_engine({ servers: `${host}:${port}`, timeout: TIMEOUT });

/** By id of a server: `last` number that has arrived or was told as missed, once a value has arrived. */
const rows = new Map();
let id;
let sent = 0;
let isSending = true;
let timer;

const worker = new Worker({
    block(time) {
        for (const end = performance.now() + time; performance.now() < end;);
    },
    halt() {
        isSending = false;
        clearTimeout(timer);
    },
    /** Sends one value more. */
    last: () => send(1),
    account: () => ({
        id,
        sent,
        state: server.cluster.state,
        members: server.cluster.members.length,
        rows: [...rows.entries()],
        stats: server.cluster.stats,
    }),
    async stop() {
        worker.stopping = true;
        clearTimeout(timer);
        await client.disconnect();
        await server.close();
    },
});

process.on("unhandledRejection", (error) => worker.violate("failed", `unhandled rejection: ${error.stack}`));

const server = new Sockhop.server({ port: 0, cluster: { engine, heartbeat } });
const client = new Sockhop.client();
server.on("connect", (_socket, session) => {
    session.join(GROUP);
    session.send({ begin: true });
});
server.on("error", (error) => worker.violate("failed", error.stack));
server.cluster.on("degraded", () => undefined);
server.cluster.on("missed", (member, missed) => {
    void server.sendall({ from: member.id, missed }, { local: true });
});
client.on("receive", (value) => {
    if (value.begin) begin();
    else if (hasBegun) take(value);
});

/** The client is in the group: from now on it gets all. */
let hasBegun = false;
function begin() {
    hasBegun = true;
    worker.tell("ready");
    burst();
}

function take({ from, n, text, missed }) {
    let row = rows.get(from);
    if (!row) rows.set(from, (row = { last: undefined, arrived: 0, told: 0 }));
    if (missed !== undefined) {
        row.told += missed;
        if (row.last !== undefined) row.last += missed;
        return;
    }
    worker.counts.received += 1;
    worker.counts.bytes += text.length;
    const expected = (row.last ?? (from === id ? 0 : n - 1)) + 1;
    if (n < expected) worker.violate("twice", `${n} of ${from} comes before ${expected}`);
    else if (n > expected) worker.violate("lost", `${n} of ${from} comes instead of ${expected}`, n - expected);
    if (text !== textOf(n)) worker.violate("broken", `the text of ${n} of ${from} is wrong`);
    row.last = n;
    row.arrived += 1;
}

function textOf(n) {
    if (n % 5000 === 0) return LETTERS;
    return LETTERS.slice(n % 50, (n % 50) + (n % 150));
}

function send(count) {
    for (let left = count; left > 0; left -= 1) {
        sent += 1;
        const value = { from: id, n: sent, text: textOf(sent) };
        const sending = sent % 3 === 0 ? server.group(GROUP).sendall(value) : server.sendall(value);
        worker.pending.track("sendall", sending).catch((error) => {
            worker.counts.refused += 1;
            if (!EXPECTED.includes(error.code)) worker.violate("failed", error.stack);
        });
    }
}

function burst() {
    if (!isSending) return;
    send(worker.random.between(0, LARGEST_BURST));
    timer = setTimeout(burst, worker.random.between(0, LONGEST_PAUSE));
}

async function main() {
    await server.listen();
    id = server.cluster.id;
    client.port = server.get_bound_port();
    await client.connect();
}

main();
