"use strict";

const assert = require("node:assert/strict");
const { setTimeout: sleep } = require("node:timers/promises");
const { event, messages } = require("../Harness.js");

module.exports = {
    async "disconnect() and close() send buffered messages first"(harness) {
        for (const large of ["x".repeat(10), "x".repeat(3_000_000)]) {
            const one = await harness.pair();
            const atServer = messages(one.server, 2);
            one.client.send(large);
            one.client.send("the last word");
            await one.client.disconnect();
            assert.deepEqual((await atServer)[1], ["the last word", "String"]);

            const two = await harness.pair();
            const atClient = messages(two.client, 2);
            two.server.sendall(large);
            two.server.sendall("the last word");
            await two.server.close();
            assert.deepEqual((await atClient)[1], ["the last word", "String"]);
        }
    },

    async "with drain, pending replies and responses complete"(harness) {
        const { server, client } = await harness.pair();
        server.on("request", async (_, response) => {
            await sleep(50);
            await response.send("worth waiting for");
        });
        const asked = event(server, "request");
        const answer = client.ask("q");
        await asked;
        await server.close({ drain: true });
        assert.equal(await answer, "worth waiting for");
    },

    async "{ timeout: 0 } destroys a connection at once, even if the peer does not read"(harness) {
        const { server, client, session } = await harness.pair();
        client.socket.pause();
        const lost = session.send("x".repeat(20_000_000)).then(
            () => "sent",
            ({ code }) => code,
        );
        await session.kill({ timeout: 0 });
        assert.equal(await lost, "ERR_SOCKET_DESTROYED");
        assert.deepEqual(server.sockets, []);
        await client.disconnect({ timeout: 0 });
    },

    async "a server can listen again after close()"(harness) {
        const { server, client } = await harness.pair();
        const gone = event(client, "disconnect");
        await server.close();
        await gone;
        await server.listen();
        client.port = server.get_bound_port();
        await client.connect();
        const arrived = messages(server, 1);
        await client.send("again");
        assert.deepEqual(await arrived, [["again", "String"]]);
    },

    async "Symbol.asyncDispose closes client, server and session"(harness) {
        const { server, client, session } = await harness.pair();
        assert.equal(typeof Symbol.asyncDispose, "symbol");
        const gone = event(client, "disconnect");
        await session[Symbol.asyncDispose]();
        await gone;
        await client.connect();
        await client[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
        assert.equal(client.connected, false);
        assert.equal(server.server.listening, false);
    },

    async "a process exits when its endpoints are closed"(harness) {
        const { ended } = harness.program("closes.js");
        assert.deepEqual(await ended, { code: 0, stdout: "closed\n", stderr: "" });
    },

    async "an idle client, and pings, keep no process alive"(harness) {
        const { ended } = harness.program("idles.js");
        assert.deepEqual(await ended, { code: 0, stdout: "idle\n", stderr: "" });
    },

    async "auto_reconnect keeps a process alive until it is turned off"(harness) {
        const { ended } = harness.program("waits.js");
        assert.deepEqual(await ended, { code: 0, stdout: "three attempts\n", stderr: "" });
    },

    async "messages sent just before process.exit() arrive"(harness) {
        for (const when of ["before", "within"]) {
            const server = await harness.server();
            const arrived = messages(server, 3);
            const { ended } = harness.program("exits.js", [server.get_bound_port(), when]);
            assert.deepEqual(
                (await arrived).map(([value]) => value),
                [1, 2, "said before leaving"],
            );
            assert.deepEqual(await ended, { code: 0, stdout: "", stderr: "" });
        }
    },

    async "a program that handles no promise survives a peer that disconnects"(harness) {
        const { ended } = harness.program("survives.js");
        assert.deepEqual(await ended, { code: 0, stdout: "survived\n", stderr: "" });
    },

    async "a killed peer emits disconnect, and nothing else"(harness) {
        const server = await harness.server();
        server.on("error", (error) => assert.fail(error));
        const connected = event(server, "connect");
        const gone = event(server, "disconnect");
        const { child } = harness.program("stays.js", [server.get_bound_port()]);
        await connected;
        child.kill("SIGKILL");
        await gone;
    },
};
