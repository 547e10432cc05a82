// Automatic reconnect: the client connects, and reconnects when the server restarts.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const port = server.get_bound_port();

    const client = new Sockhop.client({ port, auto_reconnect_interval: 100 }); // milliseconds between two attempts
    client.on("connect", () => console.log("The client is connected"));
    client.on("disconnect", () => console.log("The client is disconnected"));

    client.auto_reconnect = true; // connects now, without connect()
    await once(client, "connect");

    await Promise.all([server.close(), once(client, "disconnect")]);
    assert.equal(client.connected, false);

    server.port = port; // the same port as before
    await Promise.all([server.listen(), once(client, "connect")]);
    assert.equal(client.connected, true);

    client.send("hello again");
    const [greeting] = await once(server, "receive");
    console.log("The server received:", greeting);
    assert.equal(greeting, "hello again");

    await client.disconnect(); // turns auto_reconnect off as well
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
