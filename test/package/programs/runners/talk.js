// Helpers for the test files of the runners: all kinds of messages, under the clock of the runner.
const assert = require("node:assert/strict");

/** A connected pair. */
exports.open = async (Sockhop, options = {}) => {
    const server = new Sockhop.server({ port: 0, ...options });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port(), ...options });
    await client.connect();
    return { server, client };
};

exports.close = async ({ server, client }) => {
    await client.disconnect();
    await server.close();
};

/** Messages, callbacks, requests and streams, which work while the clock is stopped. */
exports.talk = async ({ server, client }, { AbortController } = globalThis) => {
    const heard = new Promise((resolve) => server.once("receive", resolve));
    await client.send({ n: 1 });
    assert.deepEqual({ ...(await heard) }, { n: 1 });
    server.once("receive", (value, meta) => meta.callback({ n: value.n + 1 }));
    const reply = await new Promise((resolve) => void client.send({ n: 2 }, resolve));
    assert.equal(reply.n, 3);

    server.on("request", async (request, response) => {
        if (request.data === "silence") return;
        if (request.data !== "parts") return response.send(request.data);
        for (const part of ["a", "b"]) await response.write(part);
        response.end();
    });
    assert.equal(await client.ask("question"), "question");
    assert.equal(await client.ask("limited", { timeout: 1000 }), "limited");
    const parts = [];
    for await (const { data } of await client.request("parts")) parts.push(data);
    assert.deepEqual(parts, ["a", "b"]);

    const events = [];
    const stream = await client.request("parts");
    await new Promise((resolve) => stream.on("data", (part) => events.push(part)).on("end", resolve));
    assert.deepEqual(events.slice(0, 2), ["a", "b"]);
    assert.equal((await client.ask("x".repeat(5e6))).length, 5e6);

    const controller = new AbortController();
    const aborted = client.ask("silence", { signal: controller.signal });
    controller.abort();
    assert.equal((await aborted.catch((error) => error)).code, "ERR_ABORTED");
    assert.equal(await client.ask("signal", { signal: new AbortController().signal }), "signal");
};

/** Waits for a timeout on the clock of the runner. */
exports.expire = async ({ client }, advance) => {
    const outcome = client.ask("silence", { timeout: 30_000 }).catch((error) => error);
    await client.ask("the request has arrived");
    await advance(30_000);
    assert.equal((await outcome).code, "ERR_RESPONSE_TIMEOUT");
};
