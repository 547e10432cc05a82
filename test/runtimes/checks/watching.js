"use strict";

const assert = require("node:assert/strict");
const channels = require("node:diagnostics_channel");
const { codeOf, event, messages, until } = require("../Harness.js");

/** The messages of a channel from now on. */
function listenTo(harness, name) {
    const heard = [];
    const listener = (message) => heard.push(message);
    channels.subscribe(name, listener);
    harness.later(() => channels.unsubscribe(name, listener));
    return heard;
}

module.exports = {
    async "stats count connections, messages and bytes"(harness) {
        const { server, client, session } = await harness.pair();
        server.on("receive", (value, { callback }) => callback?.(value));
        await client.send("one");
        await new Promise((resolve) => client.send({ two: 2 }, resolve));
        for (const [mine, theirs] of [
            [client.stats, server.stats],
            [client.stats, session.stats],
        ]) {
            assert.equal(mine.connections, 1);
            assert.equal(mine.messages_sent, 2);
            assert.equal(mine.messages_received, 1);
            assert.equal(mine.messages_sent, theirs.messages_received);
            assert.equal(mine.bytes_sent, theirs.bytes_received);
            assert.equal(mine.bytes_received, theirs.bytes_sent);
            assert.deepEqual([mine.pending, mine.buffered, mine.reconnects], [0, 0, 0]);
        }
        assert.equal(client.stats.round_trip, undefined);
        client.ping(10);
        await until(() => client.stats.round_trip >= 0);
        await client.disconnect();
        assert.deepEqual([client.stats.connections, client.stats.messages_sent >= 2], [0, true]);
    },

    async "diagnostics channels report connections and messages"(harness) {
        const names = ["connect", "disconnect", "message:sent", "message:received"];
        const [connects, disconnects, sent, received] = names.map((name) => listenTo(harness, `sockhop:${name}`));
        const { server, client, socket } = await harness.pair();
        const arrived = messages(server, 1);
        await client.send({ a: 1 });
        await arrived;
        const gone = event(server, "disconnect");
        await client.disconnect();
        await gone;
        for (const heard of [connects, disconnects]) {
            assert.equal(heard.length, 2);
            assert.deepEqual(new Set(heard.map(({ endpoint }) => endpoint)), new Set([server, client]));
        }
        const bytes = '{"type":"Object","data":{"a":1}}'.length;
        assert.deepEqual(
            sent.map(({ endpoint, type, bytes }) => [endpoint === client, type, bytes]),
            [[true, "Object", bytes]],
        );
        assert.deepEqual(
            received.map((it) => [it.endpoint === server, it.socket === socket, it.type, it.bytes]),
            [[true, true, "Object", bytes]],
        );
    },

    async "requests can be traced at both ends"(harness) {
        const steps = ["start", "end", "asyncStart", "asyncEnd", "error"];
        const heard = Object.fromEntries(
            ["request", "response"].map((what) => [
                what,
                Object.fromEntries(steps.map((step) => [step, listenTo(harness, `tracing:sockhop:${what}:${step}`)])),
            ]),
        );
        const { server, client } = await harness.pair();
        server.on("request", ({ data }, response) => {
            if (data === "fail") response.fail(new Error("No"));
            else response.send(-data);
        });
        await client.ask(5);
        const { request, response } = heard;
        await until(() => request.asyncEnd.length === 1 && response.asyncEnd.length === 1);
        assert.equal(request.start[0], request.asyncEnd[0]); // the same context at the start and the end
        assert.equal(request.start[0].uuid, response.start[0].uuid);
        assert.deepEqual(
            [request.start[0].endpoint, request.start[0].type, request.start[0].data],
            [client, "Number", 5],
        );
        assert.equal(response.start[0].endpoint, server);
        assert.deepEqual([request.error.length, response.error.length], [0, 0]);

        assert.equal(await codeOf(client.ask("fail")), "ERR_REQUEST_FAILED");
        await until(() => request.asyncEnd.length === 2 && response.asyncEnd.length === 2);
        assert.equal(request.error[0].error.code, "ERR_REQUEST_FAILED");
        assert.equal(request.start.length, 2);
    },

    async "NODE_DEBUG=sockhop prints events on stderr"(harness) {
        const { ended } = harness.program("closes.js", [], { NODE_DEBUG: "sockhop" });
        const { code, stderr } = await ended;
        assert.equal(code, 0);
        assert.match(stderr, /^SOCKHOP \d+: .*connect/im);
        assert.match(stderr, /String/);
    },

    async "mistakes of a peer are one process warning without an error listener"(harness) {
        const { server, client } = await harness.pair();
        const warned = new Promise((resolve) => {
            process.on("warning", function heard(warning) {
                if (warning.name !== "SockhopWarning") return;
                process.off("warning", heard);
                resolve(warning);
            });
        });
        const arrived = messages(server, 1);
        client.socket.write("no JSON\n");
        await client.send("after it");
        await arrived;
        assert.match((await warned).message, /corrupted data/);
    },
};
