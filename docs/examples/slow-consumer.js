// A client that reads more slowly than you send fills your memory, unless you pace or bound what waits for it.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

const PIECE = "x".repeat(100_000);
const LIMIT = 1_000_000; // bytes; without a limit of yours it is 64 MiB

/** Runs `use` with a server and a client of it that does not read. */
async function withSlowClient(options, use) {
    const server = new Sockhop.server({ port: 0, max_buffered: LIMIT, ...options });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    const [[, session]] = await Promise.all([once(server, "connect"), client.connect()]);
    client.socket.pause();
    await use(server, session, client);
    await client.disconnect({ timeout: 0 }); // at once: nobody wants what is still on its way
    await server.close({ timeout: 0 });
}

async function main() {
    // You see it coming: `buffered` grows, and the event `drain` says that all has been taken.
    await withSlowClient({}, async (server, session, client) => {
        for (let n = 0; n < 200; n++) session.send(PIECE); // not awaited, so what the system does not take waits in memory
        console.log(`${session.buffered} bytes wait`);
        assert(session.buffered > LIMIT);
        const drained = once(server, "drain");
        client.socket.resume(); // the client has found the time to read
        const [, whose] = await drained;
        console.log(`${session.buffered} bytes wait, after "drain"`);
        assert.equal(whose, session);
        assert.equal(session.buffered, 0);
    });

    // Awaiting send() is the simplest way to pace: it takes as long as the client does.
    await withSlowClient({}, async (server, session, client) => {
        setTimeout(() => client.socket.resume(), 100);
        let most = 0;
        for (let n = 0; n < 100; n++) {
            await session.send(PIECE);
            most = Math.max(most, session.buffered);
        }
        console.log(`Between awaited sends, at most ${most} bytes waited`);
        assert(most < LIMIT);
    });

    // Where the newest is all that counts, such as the position of something: send no more than the client can take.
    await withSlowClient({ slow_consumer: "drop" }, async (server, session) => {
        let refused = 0;
        for (let n = 0; n < 200; n++) {
            session.send(PIECE).catch(({ code }) => (refused += code === "ERR_BUFFER_FULL" ? 1 : 0));
            await new Promise(setImmediate);
        }
        console.log(`Dropped ${refused} pieces of 200, and ${session.buffered} bytes wait`);
        assert(refused > 0);
        assert(session.buffered < LIMIT + 2 * PIECE.length); // one message more may wait than fits
        assert(server.sessions.includes(session)); // the connection is as good as before
    });

    // Or do without a client that cannot keep up.
    await withSlowClient({ slow_consumer: "disconnect" }, async (server, session) => {
        const errors = [];
        server.on("error", (error) => errors.push(error.code));
        // Not once() of node:events: that rejects when there is an `error` event meanwhile.
        const disconnected = new Promise((resolve) => server.once("disconnect", resolve));
        for (let n = 0; n < 200; n++) session.send(PIECE); // a rejection for this reason harms nobody who does not look
        await disconnected;
        console.log("Disconnected, because of:", errors);
        assert.deepEqual(errors, ["ERR_BUFFER_FULL"]);
    });
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
