"use strict";
// Messages that are lost, arrive too early, or arrive after they are of no use.

const assert = require("node:assert/strict");
const { setImmediate: turn } = require("node:timers/promises");
const { LAST, MIB, message, next, rawClient, rawServer, recorded, survivingExceptions, untilLast } = require("./tools");

/** Larger than the system buffers. */
const LARGE = "x".repeat(4 * MIB);

/** The values that one end has received at its disconnect event. */
async function receivedBeforeDisconnect(end, action) {
    const received = recorded(end, "receive");
    const gone = next(end, "disconnect");
    action();
    await gone;
    return received.map(([value]) => value);
}

module.exports = {
    "server-disconnect-loses-data": {
        title: "disconnect() of a server loses what was sent just before",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client, socket } = await pair();
            const values = await receivedBeforeDisconnect(client, () => {
                void server.send(socket, LARGE);
                void server.disconnect();
            });
            assert.deepEqual(values.map(String), [LARGE]);
        },
    },

    "client-disconnect-loses-data": {
        title: "disconnect() of a client loses what was sent just before",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client } = await pair();
            const values = await receivedBeforeDisconnect(server, () => {
                void client.send(LARGE);
                void client.disconnect();
            });
            assert.deepEqual(values, [LARGE]);
        },
    },

    "lost-write-resolves": {
        title: "send() resolves for messages that a broken connection has swallowed",
        outcome: "misbehaved",
        async run({ pair }) {
            const { client, socket } = await pair();
            socket.pause();
            const sent = [client.send(LARGE), client.send("behind it")];
            void client.disconnect();
            socket.destroy();
            for (const promise of sent) await assert.rejects(promise, { code: "ERR_SOCKET_DESTROYED" });
        },
    },

    "half-frame-spoils-next-connection": {
        title: "Half a frame from a connection that broke spoils the first message of the next one",
        outcome: "misbehaved",
        async run({ clientOf }) {
            const whole = message("whole");
            const connections = [(socket) => socket.end(whole.slice(0, 20)), (socket) => socket.write(whole + LAST)];
            const client = clientOf(await rawServer((socket) => connections.shift()(socket)));
            const errors = recorded(client, "error");
            const values = untilLast(client);
            const gone = next(client, "disconnect");
            await client.connect();
            await gone;
            await client.connect();
            assert.deepEqual(await values, ["whole"]);
            // Only the partial message is reported.
            assert.deepEqual(
                errors.map(([error]) => error.code),
                ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"],
            );
        },
    },

    "exception-loses-messages": {
        title: "An exception in a handler loses the messages that arrived together with the one it was for",
        outcome: "misbehaved",
        async run({ listening }) {
            const exceptions = survivingExceptions();
            const server = await listening();
            const values = untilLast(server);
            server.once("receive", () => {
                throw new Error("mine");
            });
            const peer = await rawClient(server);
            const thrown = next(process, "uncaughtException");
            peer.write(message("1") + message("2") + message("3"));
            await thrown;
            peer.write(LAST);
            assert.deepEqual(await values, ["1", "2", "3"]);
            assert.deepEqual(
                exceptions.map(([error]) => error.message),
                ["mine"],
            );
        },
    },

    "receive-before-connect": {
        title: "A server emits receive for a client that it has not announced yet",
        outcome: "misbehaved",
        async run({ listening }) {
            const server = await listening();
            const count = 40;
            const announced = new Set();
            const early = [];
            server.on("connect", (socket) => announced.add(socket));
            const all = new Promise((resolve) => {
                let received = 0;
                server.on("receive", (value, { socket }) => {
                    if (!announced.has(socket)) early.push(value);
                    received += 1;
                    if (received === count) resolve();
                });
            });
            for (let number = 0; number < count; number += 1) {
                void rawClient(server).then((peer) => peer.write(message(number, "Number")));
            }
            await all;
            assert.deepEqual(early, []);
        },
    },

    "receive-after-own-disconnect": {
        title: "A client that disconnects in a handler still receives what arrived in the same chunk",
        outcome: "misbehaved",
        async run({ clientOf }) {
            const client = clientOf(await rawServer((socket) => socket.write(message("stop") + message("after"))));
            const received = recorded(client, "receive");
            client.once("receive", () => void client.disconnect());
            await client.connect();
            await next(client, "disconnect");
            await turn();
            assert.deepEqual(
                received.map(([value]) => value),
                ["stop"],
            );
        },
    },
};
