// A page of figures for Prometheus, in its text format, from the stats of servers and clients. It takes no other package.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const http = require("node:http");
const Sockhop = require("sockhop");

/** Each member of `stats` as a metric: its name, its type, what it says, and what one of it is in Prometheus's units. */
const METRICS = [
    ["connections", "sockhop_connections", "gauge", "Open connections."],
    ["messages_sent", "sockhop_messages_sent_total", "counter", "Messages sent."],
    ["messages_received", "sockhop_messages_received_total", "counter", "Messages that have arrived."],
    ["bytes_sent", "sockhop_bytes_sent_total", "counter", "Bytes sent."],
    ["bytes_received", "sockhop_bytes_received_total", "counter", "Bytes that have arrived."],
    ["reconnects", "sockhop_reconnects_total", "counter", "Times that a client has reconnected by itself."],
    ["pending", "sockhop_pending", "gauge", "Answers that are waited for."],
    ["buffered", "sockhop_buffered_bytes", "gauge", "Bytes that wait to be sent."],
    ["round_trip", "sockhop_round_trip_seconds", "gauge", "What the last ping took; only where there are pings.", 1e-3],
];

/** The page. Each server and client has a name, which tells them apart. */
function exposition(endpoints) {
    const all = Object.entries(endpoints).map(([name, { stats }]) => [name, stats]);
    const lines = METRICS.flatMap(([member, metric, type, help, unit = 1]) => [
        `# HELP ${metric} ${help}`,
        `# TYPE ${metric} ${type}`,
        ...all
            .filter(([, stats]) => stats[member] !== undefined)
            .map(([name, stats]) => `${metric}{endpoint="${name}"} ${stats[member] * unit}`),
    ]);
    return `${lines.join("\n")}\n`;
}

/** Serves the page at /metrics. */
function metricsServer(endpoints) {
    return http.createServer((request, response) => {
        if (request.url !== "/metrics") return response.writeHead(404).end();
        return response
            .setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            .end(exposition(endpoints));
    });
}

/** Gets the page as Prometheus does. */
async function scrape({ port }) {
    const [response] = await once(http.get({ port, path: "/metrics", agent: false }), "response");
    return (await response.setEncoding("utf8").toArray()).join("");
}

async function main() {
    const server = new Sockhop.server({ port: 0 });
    server.on("receive", (value, { callback }) => callback?.(value?.length)); // a client may send null
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();

    const metrics = metricsServer({ orders: server, "orders-client": client }).listen(0, "127.0.0.1");
    await once(metrics, "listening");

    await new Promise((answered) => client.send("three of these", answered));
    await new Promise((answered) => client.send("and one of those", answered));

    const page = await scrape(metrics.address());
    console.log(page);
    assert.match(page, /^sockhop_connections\{endpoint="orders"\} 1$/m);
    assert.match(page, /^sockhop_messages_received_total\{endpoint="orders"\} 2$/m);
    assert.match(page, /^sockhop_messages_received_total\{endpoint="orders-client"\} 2$/m);
    assert.doesNotMatch(page, /undefined|NaN/);

    metrics.close();
    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
