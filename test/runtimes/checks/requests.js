"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { codeOf, event } = require("../Harness.js");

/** Responds with this number of values. */
async function count({ data }, response) {
    for (let n = 1; n <= data; n++) await response.write(n);
    await response.end();
}

/** Resolves when the next request has arrived and was aborted. */
async function givenUp(end) {
    const [, { signal }] = await event(end, "request");
    if (!signal.aborted) await once(signal, "abort");
}

module.exports = {
    async "ask() resolves to one response, in both directions"(harness) {
        const { server, client, socket, session } = await harness.pair();
        for (const end of [server, client]) {
            end.on("request", ({ data, type }, response) => response.send({ data, type }));
        }
        assert.deepEqual(await client.ask(["q"]), { data: ["q"], type: "Array" });
        assert.deepEqual(await server.ask(socket, "q"), { data: "q", type: "String" });
        assert.deepEqual(await session.ask(null), { data: null, type: "Object" });
    },

    async "concurrent requests each get their own response"(harness) {
        const { server, client } = await harness.pair();
        server.on("request", ({ data }, response) => response.send(-data));
        const asked = Array.from({ length: 1000 }, (_, n) => n + 1);
        assert.deepEqual(
            await Promise.all(asked.map((n) => client.ask(n))),
            asked.map((n) => -n),
        );
    },

    async "a response can be a stream, read in every way"(harness) {
        const { server, client } = await harness.pair();
        server.on("request", count);

        const looped = [];
        for await (const { data, type } of await client.request(100)) looped.push([data, type]);
        assert.deepEqual(
            looped,
            Array.from({ length: 100 }, (_, n) => [n + 1, "Number"]),
        );

        const all = await (await client.request(2)).all();
        assert.deepEqual(
            all.map(({ data }) => data),
            [1, 2, {}], // sent by end()
        );

        const stream = await client.request(2);
        const events = [];
        stream.on("data", (data) => events.push(data));
        const [error] = await event(stream, "end");
        assert.deepEqual(events.slice(0, 2), [1, 2]);
        assert(!error);
    },

    async "a request that fails, or has no handler, rejects with an error"(harness) {
        const { server, client } = await harness.pair();
        assert.equal(await codeOf(client.ask("q")), "ERR_REQUEST_UNHANDLED");
        server.on("request", ({ data }, response) => {
            if (data === "throw") throw new Error("thrown");
            response.fail(new Error("No"));
        });
        await assert.rejects(client.ask("q"), { code: "ERR_REQUEST_FAILED", message: "No" });
        const surfaced = event(process, "uncaughtException");
        await assert.rejects(client.ask("throw"), { code: "ERR_REQUEST_FAILED", message: "thrown" });
        assert.equal((await surfaced)[0].message, "thrown");
    },

    async "a request can be aborted, and the responder is notified"(harness) {
        const { server, client } = await harness.pair();
        const controller = new AbortController();
        let learnt = givenUp(server);
        const asked = event(server, "request");
        const answer = codeOf(client.ask("q", { signal: controller.signal }));
        await asked;
        controller.abort();
        assert.equal(await answer, "ERR_ABORTED");
        await learnt;

        learnt = givenUp(server);
        assert.equal(await codeOf(client.ask("q", { timeout: 50 })), "ERR_RESPONSE_TIMEOUT");
        await learnt;

        learnt = givenUp(server);
        server.once("request", (_, response) => response.write("a first part"));
        for await (const { data } of await client.request("q")) {
            assert.equal(data, "a first part");
            break;
        }
        await learnt;
        assert.equal(client.connected, true);
    },

    async "AbortSignal.timeout() and AbortSignal.any() can be used"(harness) {
        const { server, client } = await harness.pair();
        server.on("request", () => undefined);
        const signal = AbortSignal.any([new AbortController().signal, AbortSignal.timeout(50)]);
        assert.equal(await codeOf(client.ask("q", { signal })), "ERR_ABORTED");
    },

    async "requests end with their connection"(harness) {
        const { server, client, socket } = await harness.pair();
        const asked = event(server, "request");
        const answer = codeOf(client.ask("q"));
        const stream = await client.request("q", { timeout: Infinity });
        const [, response] = await asked;
        await Promise.all([event(client, "disconnect"), server.kill_socket(socket, { timeout: 0 })]);
        assert.equal(await answer, "ERR_SOCKET_DESTROYED");
        assert.equal(await codeOf(stream.all()), "ERR_SOCKET_DESTROYED");
        assert.equal(response.signal.aborted, true);
    },

    async "timeouts do not fire while the event loop is blocked, if the response has arrived"(harness) {
        const server = harness.program("answers.js");
        const [port] = await event(server.child.stdout, "data");
        const client = harness.client({ port: Number(port) });
        await client.connect();
        assert.equal(await client.ask("first"), "first"); // warm-up
        const answer = client.ask("second", { timeout: 100 });
        setTimeout(() => {
            for (const end = performance.now() + 400; performance.now() < end;);
        }, 0);
        assert.equal(await answer, "second");
    },
};
