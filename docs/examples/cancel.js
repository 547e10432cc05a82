// Who has asked need not wait forever: a time limit or an AbortSignal gives a request up, and the other end learns of it.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    server.on("request", async ({ data: what }, response) => {
        try {
            // response.signal is an AbortSignal like any other: it ends what is done for this request, and nothing else.
            await sleep(60_000, undefined, { signal: response.signal });
            await response.send("Done, after a minute");
        } catch {
            console.log("The server does not go on with:", what);
            server.emit("given up", what);
        }
    });
    await server.listen();

    // Without anything else said, an answer may take 30 seconds. Another limit for all requests: { response_timeout: … }
    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();

    // A limit for one request, in milliseconds.
    let givenUp = once(server, "given up");
    await assert.rejects(client.ask("something slow", { timeout: 50 }), { code: "ERR_RESPONSE_TIMEOUT" });
    assert.deepEqual(await givenUp, ["something slow"]);

    // A request, or any number of them, that you give up yourself: when your user presses "Cancel", say.
    const controller = new AbortController();
    const { signal } = controller;
    givenUp = once(server, "given up");
    const answers = Promise.allSettled([client.ask("a report", { signal }), client.ask("a backup", { signal })]);
    setTimeout(() => controller.abort(), 50);
    for (const { reason } of await answers) {
        console.log(`The client has given up: ${reason.code}`);
        assert.equal(reason.code, "ERR_ABORTED");
    }
    await givenUp;
    assert.equal(client.connected, true); // none of that has harmed the connection

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
