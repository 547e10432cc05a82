// A peer can hang while its connection stays open. Pings find out: after four intervals without an answer it is dropped.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");

const INTERVAL = 50; // milliseconds; a real program would rather take seconds

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();

    const client = new Sockhop.client({ port: server.get_bound_port() });
    const [[socket]] = await Promise.all([once(server, "connect"), client.connect()]);
    client.ping(INTERVAL);

    // Pings are answered by the library. As long as the peer is alive, there is nothing to see.
    await sleep(6 * INTERVAL);
    assert.equal(client.connected, true);
    console.log("After six intervals the client is still connected");

    const start = performance.now();
    socket.pause(); // now the server does not read any more, as if its program hung
    await once(client, "disconnect");
    const elapsed = performance.now() - start;
    console.log(`The server fell silent, and the client dropped it after ${elapsed.toFixed()} ms`);
    assert(elapsed > 2 * INTERVAL, "a client is more patient than that");

    await client.disconnect(); // turns pings off; ping(0) does it too
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
