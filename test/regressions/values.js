"use strict";
// Values that cannot be sent, or should not be sent.

const assert = require("node:assert/strict");
const { next } = require("./tools");

/** The received value and its type. */
async function arrival(end, send) {
    const received = next(end, "receive");
    await send();
    const [value, { type }] = await received;
    return [value, type];
}

module.exports = {
    "client-cannot-send-null": {
        title: "A client cannot send null",
        outcome: "threw",
        async run({ pair }) {
            const { server, client } = await pair();
            assert.deepEqual(await arrival(server, () => client.send(null)), [null, "Object"]);
        },
    },

    ...Object.fromEntries(
        Object.entries({ zero: 0, "empty-string": "", false: false }).map(([name, value]) => [
            `server-cannot-send-${name}`,
            {
                title: `A server cannot send ${JSON.stringify(value)}`,
                outcome: "threw",
                async run({ pair }) {
                    const { server, client, socket } = await pair();
                    assert.deepEqual(await arrival(client, () => server.send(socket, value)), [
                        value,
                        value.constructor.name,
                    ]);
                },
            },
        ]),
    ),

    "server-cannot-send-zero-to-all": {
        title: "A server cannot send 0 to all clients",
        outcome: "threw",
        async run({ pair }) {
            const { server, client } = await pair();
            assert.deepEqual(await arrival(client, () => server.sendall(0)), [0, "Number"]);
        },
    },

    "cannot-send-without-prototype": {
        title: "Objects without a prototype cannot be sent",
        outcome: "threw",
        async run({ pair }) {
            const { server, client } = await pair();
            const value = Object.assign(Object.create(null), { a: 1 });
            assert.deepEqual(await arrival(server, () => client.send(value)), [{ a: 1 }, "Object"]);
        },
    },

    "reserved-class-vanishes": {
        title: "An instance of a user's class with a name of the library's own vanishes",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client, socket } = await pair();
            class SockhopPing {
                mine = true;
            }
            class SockhopPong {
                mine = true;
            }
            for (const value of [new SockhopPing(), new SockhopPong()]) {
                await assert.rejects(client.send(value), { code: "ERR_BAD_DATA" });
                await assert.rejects(server.send(socket, value), { code: "ERR_BAD_DATA" });
                await assert.rejects(server.sendall(value), { code: "ERR_BAD_DATA" });
            }
        },
    },
};
