"use strict";
// listen() and close() of a server.

const assert = require("node:assert/strict");
const { renameSync } = require("node:fs");
const net = require("node:net");
const { freshPath, next, recorded, refuses } = require("./tools");

/** A socket file of a killed server, on which no server listens. */
async function abandonedPath() {
    const path = freshPath();
    const server = net.createServer();
    await new Promise((resolve) => {
        server.listen(`${path}-before`, resolve);
    });
    renameSync(`${path}-before`, path); // or close() would remove it
    await new Promise((resolve) => {
        server.close(resolve);
    });
    return path;
}

module.exports = {
    "listening-error-kills": {
        title: "An address in use kills the process, although the server has an error listener",
        original: "sockhop-1.4.0",
        outcome: "crashed",
        async run({ Sockhop, listening }) {
            const { path } = await listening();
            const second = new Sockhop.server({ path });
            const told = next(second, "error");
            second.listen().catch(() => undefined);
            const [error] = await told;
            assert.equal(error.code, "EADDRINUSE");
        },
    },

    "listening-error-hangs": {
        title: "listen() never settles when the address is in use",
        outcome: "hung",
        async run({ Sockhop, listening }) {
            const { path } = await listening();
            const second = new Sockhop.server({ path });
            second.on("error", () => undefined);
            await assert.rejects(second.listen(), { code: "EADDRINUSE" });
        },
    },

    "listening-error-after-close-kills": {
        title: "An address in use kills the process when the server had been closed before",
        outcome: "crashed",
        async run({ listening }) {
            const { path } = await listening();
            const second = await listening();
            const errors = recorded(second, "error");
            await second.close();
            second.path = path;
            await assert.rejects(second.listen(), { code: "EADDRINUSE" });
            assert.deepEqual(
                errors.map(([error]) => error.code),
                ["EADDRINUSE"],
            );
        },
    },

    "no-connect-after-close": {
        title: "A server that listens again after close() does not notice its clients",
        outcome: "hung",
        async run({ listening, joined }) {
            const server = await listening();
            await server.close();
            await server.listen();
            const { client, socket } = await joined(server);
            assert.deepEqual([...server.sockets], [socket]);
            const received = next(server, "receive");
            await client.send("x");
            assert.equal((await received)[0], "x");
        },
    },

    "close-and-listen-lose-listener": {
        title: "After close() and listen() in one turn the server cannot be closed any more",
        outcome: "misbehaved",
        async run({ Sockhop }) {
            const server = new Sockhop.server({ path: freshPath() });
            void server.close();
            await server.listen();
            assert(!(await refuses(server.path)));
            await server.close();
            assert(await refuses(server.path));
        },
    },

    "close-hangs": {
        title: "close() of a server with several clients never resolves",
        outcome: "hung",
        async run({ crowd }) {
            const { server, clients } = await crowd(4);
            const gone = Promise.all(clients.map((client) => next(client, "disconnect")));
            await server.close();
            await gone;
        },
    },

    "no-free-port": {
        title: "A server cannot ask for a free port",
        outcome: "misbehaved",
        async run({ Sockhop }) {
            const server = new Sockhop.server({ port: 0 });
            assert.equal(server.port, 0); // 1.x would listen on 50000
            const listener = await server.listen();
            assert(listener.address().port > 0);
            await server.close();
        },
    },

    "abandoned-path-hangs": {
        title: "listen() never settles on the path of a server that was killed",
        outcome: "hung",
        async run({ Sockhop }) {
            const server = new Sockhop.server({ path: await abandonedPath() });
            server.on("error", () => undefined);
            await server.listen();
            await server.close();
        },
    },
};
