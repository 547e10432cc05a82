// A server that is told to stop finishes what it has begun: the answers under way go out, and nothing new is taken.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    server.on("request", async (request, response) => {
        await sleep(100);
        await response.send({ done: request.data }); // rejects when the client has left, which harms no program
    });
    await server.listen();

    // Your program would do this at process.on("SIGTERM"). Further signals do no harm: close() can be called again.
    server.once("stop", async () => {
        console.log("The server is told to stop");
        await server.close({ drain: true, timeout: 10_000 }); // milliseconds, for all of it; then it cuts
        server.emit("stopped");
    });

    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();
    const disconnected = once(client, "disconnect");
    const stopped = once(server, "stopped");

    const first = client.ask("A long job");
    await once(server, "request");
    server.emit("stop");

    // The connection is still there for the answer. Who asks for more is told at once.
    await assert.rejects(client.ask("Another job"), { code: "ERR_REQUEST_FAILED" });
    console.log("The server takes no further job");
    const answer = await first;
    console.log("The client was answered:", answer);
    assert.deepEqual(answer, { done: "A long job" });

    await Promise.all([stopped, disconnected]);
    console.log("The server has stopped, and nobody has lost an answer");
    await client.disconnect();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
