"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Worker } = require("node:worker_threads");
const Original = require("sockhop-1.8.4");
const Sockhop = require("sockhop");
const { event, messages } = require("../Harness.js");

/** All features common to both, between two ends of which at least one is this library. */
async function converse(server, client, socket) {
    const atServer = messages(server, 2);
    const atClient = messages(client, 2);
    await client.send({ from: "client" });
    await server.send(socket, ["from", "server"]);
    await client.send("é→😀");
    await server.send(socket, 4.5);
    assert.deepEqual(await atServer, [
        [{ from: "client" }, "Object"],
        ["é→😀", "String"],
    ]);
    assert.deepEqual(await atClient, [
        [["from", "server"], "Array"],
        [4.5, "Number"],
    ]);

    for (const end of [server, client]) {
        end.on("receive", (value, { callback }) => callback(`${value}!`));
        end.on("request", ({ data }, response) => response.send(`${data}?`));
    }
    assert.equal(await new Promise((resolve) => client.send("q", resolve)), "q!");
    assert.equal(await new Promise((resolve) => server.send(socket, "q", resolve)), "q!");
    assert.equal((await (await client.request("r")).next()).data, "r?");
    assert.equal((await (await server.request(socket, "r")).next()).data, "r?");
}

module.exports = {
    async "import and require() provide the same classes"() {
        const imported = await import(pathToFileURL(path.join(__dirname, "../programs/imports.mjs")));
        assert.equal(imported.default.server, Sockhop.server);
        assert.equal(imported.SockhopServer, Sockhop.server);
        assert.equal(imported.client, Sockhop.client);
        assert.equal(imported.SockhopError, Sockhop.error);
    },

    async "a program can import the library"(harness) {
        const { ended } = harness.program("imports.mjs", ["talk"]);
        assert.deepEqual(await ended, { code: 0, stdout: "imported\n", stderr: "" });
    },

    async "the paths of 1.x provide the same classes"() {
        const ObjectBuffer = require("sockhop/lib/ObjectBuffer.js");
        const buffer = new ObjectBuffer();
        const bytes = buffer.obj2buf({ text: "é→😀" });
        const parts = [...bytes].flatMap((byte) => buffer.buf2obj(Buffer.from([byte])));
        assert.deepEqual(parts, [{ text: "é→😀" }]);
        assert.equal(require("sockhop/lib/SockhopError"), Sockhop.error);
    },

    async "the library works in a worker"(harness) {
        const server = await harness.server();
        const arrived = messages(server, 1);
        const options = { workerData: server.get_bound_port() };
        const worker = new Worker(path.join(__dirname, "../programs/works.js"), options);
        harness.later(() => worker.terminate());
        const ended = event(worker, "exit");
        assert.deepEqual(await arrived, [["from a worker", "String"]]);
        assert.deepEqual(await ended, [0]);
    },

    async "a client of sockhop 1.8.4 connects to our server"(harness) {
        const server = await harness.server();
        const client = harness.client(server, {}, Original.client);
        const connected = event(server, "connect");
        await client.connect();
        const [socket] = await connected;
        await converse(server, client, socket);
    },

    async "our client connects to a server of sockhop 1.8.4"(harness) {
        const server = new Original.server();
        server.port = 0; // its constructor replaces 0 by the default
        const { port } = (await server.listen()).address();
        harness.later(() => server.close());
        const client = harness.client({ port });
        const connected = event(server, "connect");
        await client.connect();
        const [socket] = await connected;
        await converse(server, client, socket);
    },
};
