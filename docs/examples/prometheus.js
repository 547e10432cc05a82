// Prometheus: a metrics page in its text format, from the stats of servers and clients, without a package.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const http = require("node:http");
const Sockhop = require("sockhop");

/** The metric of each property of `stats`: name, type, help text, and factor to the unit of Prometheus. */
const METRICS = [
    ["connections", "sockhop_connections", "gauge", "Open connections."],
    ["messages_sent", "sockhop_messages_sent_total", "counter", "Messages sent."],
    ["messages_received", "sockhop_messages_received_total", "counter", "Messages received."],
    ["bytes_sent", "sockhop_bytes_sent_total", "counter", "Bytes sent."],
    ["bytes_received", "sockhop_bytes_received_total", "counter", "Bytes received."],
    ["reconnects", "sockhop_reconnects_total", "counter", "Automatic reconnections."],
    ["pending", "sockhop_pending", "gauge", "Pending replies and responses."],
    ["buffered", "sockhop_buffered_bytes", "gauge", "Bytes that are not sent yet."],
    ["interruptions", "sockhop_interruptions_total", "counter", "Interruptions of connections that can be resumed."],
    ["replayed", "sockhop_replayed_total", "counter", "Frames sent again after interruptions."],
    ["unacknowledged", "sockhop_unacknowledged", "gauge", "Messages that were sent and are not acknowledged."],
    ["kept", "sockhop_kept_bytes", "gauge", "Bytes of these messages."],
    ["round_trip", "sockhop_round_trip_seconds", "gauge", "Round-trip time of the last ping.", 1e-3],
];

/** Returns the page. A label has the name of each server and client. */
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

/** Requests the page, as Prometheus does. */
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

    await new Promise((resolve) => client.send("first", resolve));
    await new Promise((resolve) => client.send("second", resolve));

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

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
