"use strict";

const assert = require("node:assert/strict");
const { codeOf, event } = require("../Harness.js");

module.exports = {
    async "a message that is too large is rejected at the sender, and destroys the connection at the receiver"(
        harness,
    ) {
        const { server, client } = await harness.pair({ max_message_size: 1000 }, { max_message_size: 2000 });
        assert.equal(await codeOf(client.send("x".repeat(2000))), "ERR_MESSAGE_TOO_LARGE");
        assert.equal(client.connected, true);
        const told = event(server, "error");
        const gone = event(client, "disconnect");
        client.send("x".repeat(1500)).catch(() => undefined);
        assert.equal((await told)[0].code, "ERR_MESSAGE_TOO_LARGE");
        await gone;
    },

    async "a message that takes too long to arrive destroys its connection"(harness) {
        const server = await harness.server({ frame_timeout: 50 });
        const told = event(server, "error");
        const stranger = await harness.stranger(server);
        const gone = event(stranger, "close");
        stranger.resume();
        stranger.write('{"type":"Str');
        assert.equal((await told)[0].code, "ERR_FRAME_TIMEOUT");
        await gone;
    },

    async "connections above max_connections are refused"(harness) {
        const { server, client } = await harness.pair({ max_connections: 1 });
        server.on("connect", () => assert.fail("There is one already"));
        server.on("error", () => undefined);
        const second = harness.client(server);
        const gone = event(second, "disconnect");
        if ((await codeOf(second.connect())) === undefined) await gone;
        assert.equal(client.connected, true);
        assert.equal(server.sockets.length, 1);
    },

    async "connections above max_connections are reported as ERR_MAX_CONNECTIONS"(harness) {
        const { server } = await harness.pair({ max_connections: 1 });
        const told = event(server, "error");
        await codeOf(harness.client(server).connect());
        assert.equal((await told)[0].code, "ERR_MAX_CONNECTIONS");
    },

    async "calls above max_pending are rejected, at either end"(harness) {
        const { server, client } = await harness.pair({ max_pending: 2 }, { max_pending: 3 });
        server.on("request", () => undefined); // no responses
        const asked = Array.from({ length: 4 }, () => codeOf(client.ask("q")));
        assert.equal(await asked[2], "ERR_REQUEST_FAILED"); // the server rejects it
        assert.equal(await asked[3], "ERR_MAX_PENDING"); // the client rejects it
        await client.disconnect();
        assert.equal(await asked[0], "ERR_SOCKET_DESTROYED");
    },

    async "invalid options are rejected"(harness) {
        for (const options of [
            { terminator: "" },
            { max_message_size: 0 },
            { frame_timeout: -1 },
            { slow_consumer: "x" },
        ]) {
            assert.equal(await codeOf(harness.server(options)), "ERR_BAD_OPTION");
        }
    },
};
