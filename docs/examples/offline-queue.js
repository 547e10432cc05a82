// With a queue, what is sent while there is no connection waits for one, within bounds that you set.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const port = server.get_bound_port();
    await server.close(); // nobody listens there now

    const client = new Sockhop.client({
        port,
        auto_reconnect: true, // connects at once, without connect()
        auto_reconnect_interval: 50, // milliseconds
        queue: { max_messages: 3, overflow: "drop-oldest" }, // only the newest three readings are of interest
    });
    client.on("connect", () => client.send("I am thermometer 7")); // goes out before what has waited

    const readings = [20.1, 20.4, 20.9, 21.3].map((value) => client.send(value));
    console.log(`The server is away, and ${client.buffered} bytes wait for it`);
    assert(client.buffered > 0);
    await assert.rejects(readings[0], { code: "ERR_QUEUE_FULL" }); // the oldest has made room for the newest
    console.log("The oldest reading was dropped");

    const received = [];
    server.on("receive", (value) => {
        received.push(value);
        if (value === 21.3) server.emit("complete");
    });
    const complete = once(server, "complete");
    server.port = port;
    await server.listen();

    await Promise.all(readings.slice(1)); // they resolve as any send() does: the system has them
    await complete;
    console.log("The server is back, and has received", received);
    assert.deepEqual(received, ["I am thermometer 7", 20.4, 20.9, 21.3]);
    assert.equal(client.buffered, 0);

    await client.disconnect(); // what would still wait is given up: ERR_ABORTED
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
