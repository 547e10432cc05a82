// A client with auto_reconnect connects by itself, and comes back by itself when the server has been away.
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

    client.auto_reconnect = true; // the client begins now: there is no need for connect()
    await once(client, "connect");

    await Promise.all([server.close(), once(client, "disconnect")]);
    assert.equal(client.connected, false);

    server.port = port; // the same as before, where the client looks for it
    await Promise.all([server.listen(), once(client, "connect")]);
    assert.equal(client.connected, true);

    client.send("Good to have you back");
    const [greeting] = await once(server, "receive");
    console.log("The server received:", greeting);
    assert.equal(greeting, "Good to have you back");

    await client.disconnect(); // turns auto_reconnect off as well
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
