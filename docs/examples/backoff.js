// Exponential backoff: clients that lose their server do not reconnect all at once, nor too often.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const port = server.get_bound_port();
    await server.close(); // no server listens on this port now

    const client = new Sockhop.client({
        port,
        auto_reconnect: true, // connects at once, without connect()
        auto_reconnect_interval: 10, // milliseconds; a real program would use a second,
        auto_reconnect_max_interval: 200, // and a minute
    });

    // The interval doubles after each failure, up to the maximum. The delay is a random part of it.
    const longest = [];
    let attempts = 0;
    client.on("reconnecting", (attempt, delay) => {
        attempts = attempt;
        longest[attempt] = Math.min(200, 10 * 2 ** (attempt - 2)); // attempt 2 follows the first failure
        console.log(`Attempt ${attempt} in ${delay.toFixed()} of at most ${longest[attempt]} ms`);
        assert(delay <= longest[attempt]);
        if (attempt === 8) client.emit("enough");
    });
    await once(client, "enough");
    assert.equal(longest[8], 200);

    server.port = port;
    await Promise.all([server.listen(), once(client, "connect")]);
    console.log(`The server is back, and the client is connected at attempt ${attempts}`);
    assert(attempts >= 8);

    await client.disconnect(); // turns auto_reconnect off as well
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
