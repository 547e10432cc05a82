// Offline queue: keeps messages while the client is disconnected, within limits.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const port = server.get_bound_port();
    await server.close(); // no server listens on this port now

    const client = new Sockhop.client({
        port,
        auto_reconnect: true, // connects at once, without connect()
        auto_reconnect_interval: 50, // milliseconds
        queue: { max_messages: 3, overflow: "drop-oldest" }, // keeps the newest three readings
    });
    client.on("connect", () => client.send("I am thermometer 7")); // is sent before the queue

    const readings = [20.1, 20.4, 20.9, 21.3].map((value) => client.send(value));
    console.log(`The client is disconnected, and ${client.buffered} bytes are queued`);
    assert(client.buffered > 0);
    await assert.rejects(readings[0], { code: "ERR_QUEUE_FULL" }); // dropped for the newest
    console.log("The oldest reading was dropped");

    const received = [];
    server.on("receive", (value) => {
        received.push(value);
        if (value === 21.3) server.emit("complete");
    });
    const complete = once(server, "complete");
    server.port = port;
    await server.listen();

    await Promise.all(readings.slice(1)); // resolve when the operating system has the bytes
    await complete;
    console.log("The server is running again, and has received", received);
    assert.deepEqual(received, ["I am thermometer 7", 20.4, 20.9, 21.3]);
    assert.equal(client.buffered, 0);

    await client.disconnect(); // queued messages would reject with ERR_ABORTED
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
