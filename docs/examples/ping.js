// Pings detect a frozen peer: after four silent intervals its connection is dropped.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");

const INTERVAL = 50; // milliseconds; a real program would use seconds

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();

    const client = new Sockhop.client({ port: server.get_bound_port() });
    const [[socket]] = await Promise.all([once(server, "connect"), client.connect()]);
    client.ping(INTERVAL);

    // The library replies to pings. While the peer is alive, no event occurs.
    await sleep(6 * INTERVAL);
    assert.equal(client.connected, true);
    console.log("After six intervals the client is still connected");

    const start = performance.now();
    socket.pause(); // the server stops reading, like a frozen program
    await once(client, "disconnect");
    const elapsed = performance.now() - start;
    console.log(`The client dropped the silent server after ${elapsed.toFixed()} ms`);
    assert(elapsed > 2 * INTERVAL, "dropped too early");

    await client.disconnect(); // also turns pings off, as ping(0) does
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
