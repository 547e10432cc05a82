"use strict";

const assert = require("node:assert/strict");
const { codeOf, event, messages, until } = require("../Harness.js");

const PIECE = "x".repeat(100_000);

/** A server whose client does not read until it is resumed. */
async function slowPair(harness, options = {}) {
    const pair = await harness.pair({ max_buffered: 1_000_000, ...options });
    pair.client.socket.pause();
    harness.later(() => pair.client.disconnect({ timeout: 0 }));
    harness.later(() => pair.server.disconnect({ timeout: 0 }));
    return pair;
}

module.exports = {
    async "buffered counts bytes for a slow peer, and drain reports an empty buffer"(harness) {
        const { server, client, session } = await slowPair(harness);
        const arrived = messages(client, 200);
        for (let n = 0; n < 200; n++) session.send(PIECE).catch(() => undefined);
        await until(() => session.buffered > 0);
        assert(session.buffered > 1_000_000);
        const drained = event(server, "drain");
        client.socket.resume();
        await drained;
        assert.equal(session.buffered, 0);
        assert.equal((await arrived).length, 200);
    },

    async "a peer that half-closes without reading is disconnected at once"(harness) {
        const { server, client, socket, session } = await slowPair(harness);
        for (let n = 0; n < 200; n++) session.send(PIECE).catch(() => undefined);
        await until(() => session.buffered > 0);
        const gone = event(server, "disconnect");
        client.socket.end();
        assert.equal((await gone)[0], socket);
    },

    async "awaiting send() applies backpressure"(harness) {
        const { client, session } = await slowPair(harness);
        const arrived = messages(client, 200);
        let sent = 0;
        let most = 0;
        const sending = (async () => {
            for (; sent < 200; sent++) {
                await session.send(PIECE);
                most = Math.max(most, session.buffered);
            }
        })();
        // If no bytes are accepted for a while, the system buffers are full, and the sender waits.
        for (let before = -1; before !== sent;) {
            before = sent;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        assert(sent < 200, "all was sent although nobody reads");
        client.socket.resume();
        await sending;
        assert(most < 1_000_000);
        assert.equal((await arrived).length, 200);
    },

    async "slow_consumer drops messages, or the connection"(harness) {
        const first = await slowPair(harness, { slow_consumer: "drop" });
        const results = Array.from({ length: 200 }, () => codeOf(first.session.send(PIECE)));
        first.client.socket.resume();
        const codes = await Promise.all(results);
        assert(codes.includes("ERR_BUFFER_FULL"));
        assert(first.server.sessions.includes(first.session));

        const second = await slowPair(harness, { slow_consumer: "disconnect" });
        const gone = event(second.server, "disconnect");
        const told = event(second.server, "error");
        for (let n = 0; n < 200; n++) second.session.send(PIECE).catch(() => undefined);
        assert.equal((await told)[0].code, "ERR_BUFFER_FULL");
        await gone;
    },

    async "a server reads no more from a client that does not read its replies, until it does"(harness) {
        const count = 20_000;
        const server = await harness.server({ max_buffered: 100_000 });
        let questions = 0;
        server.on("receive", (_, { callback }) => {
            questions += 1;
            callback("x".repeat(1000));
        });
        const stranger = await harness.stranger(server);
        for (let n = 1; n <= count; n++) stranger.write(`{"type":"String","data":"q","id":"${n}"}\n`);
        for (let before = -1; before !== questions;) {
            before = questions;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        assert(questions < count, "all was read");
        let answers = 0;
        stranger.setEncoding("latin1").on("data", (text) => (answers += text.split("\n").length - 1));
        await until(() => answers === count);
    },

    async "sendall() does not wait for a client that does not read"(harness) {
        const { server, client } = await slowPair(harness, { max_buffered: 100_000_000 });
        const reader = harness.client(server);
        const connected = event(server, "connect");
        await reader.connect();
        await connected;
        const arrived = messages(reader, 100);
        for (let n = 0; n < 100; n++) await server.sendall(PIECE);
        assert.equal((await arrived).length, 100);
        const late = messages(client, 100);
        client.socket.resume();
        assert.equal((await late).length, 100);
    },
};
