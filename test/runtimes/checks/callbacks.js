"use strict";

const assert = require("node:assert/strict");
const { event } = require("../Harness.js");

module.exports = {
    async "callbacks receive replies, in both directions"(harness) {
        const { server, client, session } = await harness.pair();
        for (const end of [server, client]) {
            end.on("receive", (value, { callback }) => callback([value, end === server ? "server" : "client"]));
        }
        const ask = (end, value) =>
            new Promise((resolve) => {
                end.send(value, (answer, { type }) => resolve([answer, type]));
            });
        assert.deepEqual(await ask(client, "q"), [["q", "server"], "Array"]);
        assert.deepEqual(await ask(session, null), [[null, "client"], "Array"]);
    },

    async "replies reach their callbacks, in any order"(harness) {
        const { server, client } = await harness.pair();
        const waiting = [];
        server.on("receive", (value, { callback }) => {
            if (waiting.push(() => callback(-value)) === 100) for (const answer of waiting.reverse()) answer();
        });
        const answers = Array.from({ length: 100 }, (_, n) => new Promise((resolve) => client.send(n + 1, resolve)));
        assert.deepEqual(
            await Promise.all(answers),
            answers.map((_, n) => -n - 1),
        );
    },

    async "failed reports a callback that will not run"(harness) {
        const { server, client } = await harness.pair();
        const controller = new AbortController();
        const codeOf = (options) =>
            new Promise((resolve, reject) => {
                client.send("q", reject, { ...options, failed: ({ code }) => resolve(code) });
            });
        const asked = event(server, "receive");
        const late = codeOf({ timeout: 50 });
        const aborted = codeOf({ signal: controller.signal });
        const lost = codeOf({});
        await asked;
        controller.abort();
        assert.equal(await late, "ERR_RESPONSE_TIMEOUT");
        assert.equal(await aborted, "ERR_ABORTED");
        await server.disconnect();
        assert.equal(await lost, "ERR_SOCKET_DESTROYED");
    },

    async "a reply to a disconnected caller does nothing"(harness) {
        const { server, client } = await harness.pair();
        const asked = event(server, "receive");
        client.send("q", () => undefined);
        const [, { callback }] = await asked;
        const gone = event(server, "disconnect");
        await client.disconnect();
        await gone;
        const sent = server.stats.messages_sent;
        callback("too late");
        assert.equal(server.stats.messages_sent, sent);
    },
};
