// Graceful shutdown: pending responses complete, and new requests fail.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    server.on("request", async (request, response) => {
        await sleep(100);
        await response.send({ done: request.data }); // rejects if the client has disconnected, which does not crash the process
    });
    await server.listen();

    // A real program does this in process.on("SIGTERM"). It can call close() repeatedly.
    server.once("stop", async () => {
        console.log("The server received the signal to stop");
        await server.close({ drain: true, timeout: 10_000 }); // milliseconds; then it destroys the connections
        server.emit("stopped");
    });

    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();
    const disconnected = once(client, "disconnect");
    const stopped = once(server, "stopped");

    const first = client.ask("A long job");
    await once(server, "request");
    server.emit("stop");

    // The connection stays open for the response. New requests fail at once.
    await assert.rejects(client.ask("Another job"), { code: "ERR_REQUEST_FAILED" });
    console.log("The server accepts no new job");
    const response = await first;
    console.log("The client received:", response);
    assert.deepEqual(response, { done: "A long job" });

    await Promise.all([stopped, disconnected]);
    console.log("The server has stopped, and no response was lost");
    await client.disconnect();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
