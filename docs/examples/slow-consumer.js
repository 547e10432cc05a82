// Backpressure: messages for a client that reads slowly fill your memory, unless you await sends or limit the buffer.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

const PART = "x".repeat(100_000);
const LIMIT = 1_000_000; // bytes; 64 MiB by default

/** Runs `use` with a server and a client that does not read. */
async function withSlowClient(options, use) {
    const server = new Sockhop.server({ port: 0, max_buffered: LIMIT, ...options });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    const [[, session]] = await Promise.all([once(server, "connect"), client.connect()]);
    client.socket.pause();
    await use(server, session, client);
    await client.disconnect({ timeout: 0 }); // destroys the connection at once
    await server.close({ timeout: 0 });
}

async function main() {
    // `buffered` grows, and the event `drain` reports an empty buffer.
    await withSlowClient({}, async (server, session, client) => {
        for (let n = 0; n < 200; n++) session.send(PART); // without await the messages are buffered in memory
        console.log(`${session.buffered} bytes are buffered`);
        assert(session.buffered > LIMIT);
        const drained = once(server, "drain");
        client.socket.resume(); // the client reads again
        const [, drainedSession] = await drained;
        console.log(`${session.buffered} bytes are buffered after "drain"`);
        assert.equal(drainedSession, session);
        assert.equal(session.buffered, 0);
    });

    // Awaiting send() applies backpressure: the sender is as fast as the client.
    await withSlowClient({}, async (server, session, client) => {
        setTimeout(() => client.socket.resume(), 100);
        let maximum = 0;
        for (let n = 0; n < 100; n++) {
            await session.send(PART);
            maximum = Math.max(maximum, session.buffered);
        }
        console.log(`With awaited sends, at most ${maximum} bytes were buffered`);
        assert(maximum < LIMIT);
    });

    // "drop" is for values that replace each other, such as positions: the client receives only as many as it can read.
    await withSlowClient({ slow_consumer: "drop" }, async (server, session) => {
        let refused = 0;
        for (let n = 0; n < 200; n++) {
            session.send(PART).catch(({ code }) => (refused += code === "ERR_BUFFER_FULL" ? 1 : 0));
            await new Promise(setImmediate);
        }
        console.log(`Dropped ${refused} of 200 messages, and ${session.buffered} bytes are buffered`);
        assert(refused > 0);
        assert(session.buffered < LIMIT + 2 * PART.length); // the limit can be exceeded by one message
        assert(server.sessions.includes(session)); // the connection stays open
    });

    // "disconnect" closes the connection of a client that cannot keep up.
    await withSlowClient({ slow_consumer: "disconnect" }, async (server, session) => {
        const errors = [];
        server.on("error", (error) => errors.push(error.code));
        // once() of node:events would reject on the `error` event.
        const disconnected = new Promise((resolve) => server.once("disconnect", resolve));
        for (let n = 0; n < 200; n++) session.send(PART); // this unhandled rejection does not crash the process
        await disconnected;
        console.log("Disconnected, because of:", errors);
        assert.deepEqual(errors, ["ERR_BUFFER_FULL"]);
    });
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
