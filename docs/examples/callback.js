// A message can be a question. Either end can ask, and the answer goes to the function that was given with the question.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    server.on("receive", (question, { callback }) => {
        console.log("The server is asked:", question);
        const { a, b } = question ?? {}; // a client may send anything, and need not want an answer
        if (typeof a === "number" && typeof b === "number") callback?.(a + b);
    });
    await server.listen();

    const client = new Sockhop.client({ port: server.get_bound_port() });
    client.on("receive", (question, { callback }) => {
        console.log("The client is asked:", question);
        callback?.("a client in an example");
    });
    const [[socket]] = await Promise.all([once(server, "connect"), client.connect()]);

    // The client asks the server ...
    const sum = await new Promise((resolve, reject) => {
        client.send({ a: 2, b: 3 }, resolve).catch(reject);
    });
    console.log("The answer of the server:", sum);
    assert.equal(sum, 5);

    // ... and the server asks one of its clients: the one at the other end of `socket`.
    const name = await new Promise((resolve, reject) => {
        server.send(socket, "Who are you?", resolve).catch(reject);
    });
    console.log("The answer of the client:", name);
    assert.equal(name, "a client in an example");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
