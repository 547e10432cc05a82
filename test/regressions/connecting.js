"use strict";
// connect() and disconnect() of a client.

const assert = require("node:assert/strict");
const net = require("node:net");
const { setTimeout: sleep } = require("node:timers/promises");
const { freshPath, next, recorded, survivingExceptions } = require("./tools");

/** Replaces the next net.createConnection() by `create`, which receives the real function and its arguments. */
function nextAttempt(create) {
    const real = net.createConnection;
    net.createConnection = (...args) => {
        net.createConnection = real;
        return create(real, ...args);
    };
}

/** An attempt that stays pending until its socket is connected explicitly, like a host that does not respond. */
function hangingAttempt() {
    const socket = new net.Socket();
    nextAttempt((_, path, connected) => socket.once("connect", connected));
    return socket;
}

module.exports = {
    "failed-connect-wedges": {
        title: "After a failed connect() without an error listener the client never connects again",
        outcome: "hung",
        async run({ Sockhop, listening }) {
            survivingExceptions();
            const client = new Sockhop.client({ path: freshPath() });
            await assert.rejects(client.connect(), { code: "ENOENT" });
            await assert.rejects(client.connect(), { code: "ENOENT" });
            client.path = (await listening()).path;
            await client.connect();
        },
    },

    "failed-connect-is-an-event-too": {
        title: "connect() that rejects emits its error as well",
        outcome: "misbehaved",
        async run({ Sockhop }) {
            const client = new Sockhop.client({ path: freshPath() });
            const errors = recorded(client, "error");
            await assert.rejects(client.connect(), { code: "ENOENT" });
            assert.deepEqual(errors, []);
        },
    },

    "disconnect-wedges-connect": {
        title: "connect() never settles when disconnect() is called meanwhile, and the client never connects again",
        outcome: "hung",
        async run({ listening, clientOf }) {
            const client = clientOf(await listening());
            nextAttempt((connect, ...args) => {
                process.nextTick(() => void client.disconnect());
                return connect(...args);
            });
            await assert.rejects(client.connect(), { code: "ERR_ABORTED" });
            await client.connect();
        },
    },

    "disconnect-is-forgotten": {
        title: "disconnect() in the turn of connect() is forgotten: the client connects",
        outcome: "misbehaved",
        async run({ listening, clientOf }) {
            const client = clientOf(await listening());
            const connects = recorded(client, "connect");
            const aborted = assert.rejects(client.connect(), { code: "ERR_ABORTED" });
            await client.disconnect();
            await aborted;
            await sleep(20); // longer than connecting takes
            assert.deepEqual([connects, client.connected], [[], false]);
        },
    },

    "old-timeout-disarms-the-next": {
        title: "The time limit of an earlier connect() disarms that of the next, which never settles",
        outcome: "hung",
        async run({ listening, clientOf }) {
            const client = clientOf(await listening(), { connect_timeout: 500 });
            await client.connect();
            await client.disconnect();
            await sleep(100);
            hangingAttempt();
            const start = performance.now();
            await assert.rejects(client.connect(), /Timeout exceeded/);
            assert(performance.now() - start > 490);
        },
    },

    "connects-after-timeout": {
        title: "A client connects after connect() has rejected with a timeout",
        outcome: "misbehaved",
        async run({ listening, clientOf }) {
            const { path } = await listening();
            const client = clientOf({ path }, { connect_timeout: 50 });
            const connects = recorded(client, "connect");
            const late = hangingAttempt();
            await assert.rejects(client.connect(), /Timeout exceeded/);
            if (!late.destroyed) await next(late.connect(path), "connect"); // the host responds late
            assert.deepEqual([connects.length, client.connected, late.destroyed], [0, false, true]);
        },
    },

    "old-socket-ends-connection": {
        title: "The late end of a socket that was given up ends the connection of a client",
        outcome: "misbehaved",
        async run({ listening, clientOf }) {
            const client = clientOf(await listening(), { connect_timeout: 50 });
            const disconnects = recorded(client, "disconnect");
            const late = hangingAttempt();
            await assert.rejects(client.connect(), /Timeout exceeded/);
            await client.connect();
            late.emit("end");
            assert.deepEqual([disconnects, client.connected], [[], true]);
        },
    },

    "send-before-connect-is-a-type-error": {
        title: "Sending before the first connect() is a TypeError instead of an error with a code",
        outcome: "misbehaved",
        async run({ Sockhop }) {
            await assert.rejects(new Sockhop.client().send("x"), { code: "ERR_SOCKET_DESTROYED" });
        },
    },

    "fresh-client-cannot-disconnect": {
        title: "disconnect() throws on a client that was never connected",
        original: "sockhop-1.4.0",
        outcome: "threw",
        async run({ Sockhop }) {
            assert.equal(await new Sockhop.client().disconnect(), undefined);
        },
    },
};
