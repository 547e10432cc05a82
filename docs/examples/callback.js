// Remote callbacks: either end calls the other, and the reply goes to the callback of the call.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    server.on("receive", (call, { callback }) => {
        console.log("The server received:", call);
        const { a, b } = call ?? {}; // a client can send anything, and can omit the callback
        if (typeof a === "number" && typeof b === "number") callback?.(a + b);
    });
    await server.listen();

    const client = new Sockhop.client({ port: server.get_bound_port() });
    client.on("receive", (call, { callback }) => {
        console.log("The client received:", call);
        callback?.("a client in an example");
    });
    const [[socket]] = await Promise.all([once(server, "connect"), client.connect()]);

    // The client calls the server ...
    const sum = await new Promise((resolve, reject) => {
        client.send({ a: 2, b: 3 }, resolve).catch(reject);
    });
    console.log("The reply of the server:", sum);
    assert.equal(sum, 5);

    // ... and the server calls the client of `socket`.
    const name = await new Promise((resolve, reject) => {
        server.send(socket, "Who are you?", resolve).catch(reject);
    });
    console.log("The reply of the client:", name);
    assert.equal(name, "a client in an example");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
