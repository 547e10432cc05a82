// Response streams: the requester reads the parts of a response one by one, and can stop at any time.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    // Each value is one part of the response. The generator is paused while the requester does not read.
    server.handle("Object", async function* ({ from, to }) {
        if (typeof from !== "number" || typeof to !== "number") throw new Error("from and to are required");
        try {
            for (let n = from; n <= to; n++) yield n;
        } finally {
            server.emit("stopped");
        }
    });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();

    let sum = 0;
    for await (const { data } of await client.request({ from: 1, to: 1000 })) sum += data;
    console.log("The sum of 1000 parts:", sum);
    assert.equal(sum, 500500);

    // Leaving the loop cancels the request.
    const stopped = once(server, "stopped");
    for await (const { data } of await client.request({ from: 1, to: 1e9 })) {
        if (data === 10) break;
    }
    await stopped;
    console.log("The server has stopped counting");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
