// Many clients that lose their server should not all come back at once, nor call it all the time while it is away.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const port = server.get_bound_port();
    await server.close(); // nobody listens there now

    const client = new Sockhop.client({
        port,
        auto_reconnect: true, // connects at once, without connect()
        auto_reconnect_interval: 10, // milliseconds; a real program would rather take a second,
        auto_reconnect_max_interval: 200, // and a minute here
    });

    // With a largest interval the interval doubles at each failure, and the pause is a random part of it.
    const longest = [];
    let attempts = 0;
    client.on("reconnecting", (attempt, delay) => {
        attempts = attempt;
        longest[attempt] = Math.min(200, 10 * 2 ** (attempt - 2)); // attempt 2 follows the first failure
        console.log(`Attempt ${attempt} in ${delay.toFixed()} of at most ${longest[attempt]} ms`);
        assert(delay <= longest[attempt]);
        if (attempt === 8) client.emit("patience");
    });
    await once(client, "patience");
    assert.equal(longest[8], 200);

    server.port = port;
    await Promise.all([server.listen(), once(client, "connect")]);
    console.log(`The server is back, and the client is connected at attempt ${attempts}`);
    assert(attempts >= 8);

    await client.disconnect(); // turns auto_reconnect off as well
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
