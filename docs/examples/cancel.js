// Cancellation: a timeout or an AbortSignal cancels a request, and the responder is notified.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    server.handle("String", async (task, { signal }) => {
        signal.addEventListener("abort", () => {
            console.log("The server stops:", task);
            server.emit("cancelled", task);
        });
        // The signal aborts the work for this request only.
        await sleep(60_000, undefined, { signal });
        return "Done, after a minute";
    });
    await server.listen();

    // The default timeout of a response is 30 seconds. The option response_timeout changes it for all requests.
    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();

    // A timeout for one request, in milliseconds.
    let cancelled = once(server, "cancelled");
    await assert.rejects(client.ask("something slow", { timeout: 50 }), { code: "ERR_RESPONSE_TIMEOUT" });
    assert.deepEqual(await cancelled, ["something slow"]);

    // One signal cancels any number of requests, for example when your user presses "Cancel".
    const controller = new AbortController();
    const { signal } = controller;
    cancelled = once(server, "cancelled");
    const responses = Promise.allSettled([client.ask("a report", { signal }), client.ask("a backup", { signal })]);
    setTimeout(() => controller.abort(), 50);
    for (const { reason } of await responses) {
        console.log(`The client has cancelled: ${reason.code}`);
        assert.equal(reason.code, "ERR_ABORTED");
    }
    await cancelled;
    assert.equal(client.connected, true); // the connection stays open

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
