"use strict";
// Requests, and their response streams.

const assert = require("node:assert/strict");
const { setTimeout: sleep } = require("node:timers/promises");
const { LAST, MIB, frame, message, next, rawClient, rawServer, recorded, untilLast } = require("./tools");

/** The error codes of failed request streams. */
const TIMEOUT = { code: "ERR_RESPONSE_TIMEOUT" };
const DISCONNECTED = { code: "ERR_SOCKET_DESTROYED" };

/** A last packet without a payload, as the requester receives it. */
const BARE_END = { data: {}, type: "Object" };

function string(data) {
    return { data, type: "String" };
}

/**
 * Two scenarios, one for a server and one for a client: a peer sends a custom frame, and then a message.
 *
 * @param payloads - the payloads of requests that the user receives
 */
function hostile(key, title, text, payloads = []) {
    async function survives(end, start) {
        end.on("error", () => undefined); // this scenario accepts both with and without an error event
        const requests = recorded(end, "request");
        const values = untilLast(end);
        await start();
        assert.deepEqual(await values, []);
        assert.deepEqual(
            requests.map(([request]) => request.data),
            payloads,
        );
    }

    return {
        [`${key}-server`]: {
            title: `${title} kills a server`,
            outcome: "crashed",
            async run({ listening }) {
                const server = await listening();
                await survives(server, async () => (await rawClient(server)).write(text + LAST));
            },
        },
        [`${key}-client`]: {
            title: `${title} kills a client`,
            outcome: "crashed",
            async run({ clientOf }) {
                const client = clientOf(await rawServer((socket) => socket.write(text + LAST)));
                await survives(client, () => client.connect());
            },
        },
    };
}

/** A server that receives requests and never responds, and one client. */
async function silence({ pair }, options) {
    const ends = await pair(options);
    ends.server.on("request", () => undefined);
    return ends;
}

/** The stream of a request after the whole response of `respond` has arrived. */
async function answeredStream({ pair }, respond) {
    const { server, client } = await pair();
    server.on("request", async (_, response, { socket }) => {
        await respond(response);
        await server.send(socket, "last");
    });
    const arrived = untilLast(client);
    const stream = await client.request("x");
    await arrived;
    return stream;
}

/** A pending request of a client whose server closes the connection. */
async function hungUp(tools) {
    const { server, client } = await silence(tools);
    const stream = await client.request("x");
    const ended = next(stream, "end");
    const gone = next(client, "disconnect");
    void server.disconnect();
    await gone;
    return { client, stream, ended };
}

module.exports = {
    ...hostile("request-without-data-kills", "A request without contents", frame({ type: "SockhopRequest" })),
    ...hostile(
        "null-request-kills",
        "A request that has only null for a payload",
        frame({ type: "SockhopRequest", data: { uuid: "u", data: null } }),
        [null],
    ),
    ...hostile("packet-without-data-kills", "An answer without contents", frame({ type: "SockhopResponsePacket" })),

    "early-answer-is-lost": {
        title: "An answer is lost that comes before the whole request has been written",
        outcome: "hung",
        async run({ clientOf }) {
            let text = "";
            const server = await rawServer((socket) => {
                socket.on("data", (chunk) => {
                    const [, uuid] = /"uuid":"([^"]+)"/.exec((text += chunk)) ?? [];
                    if (!uuid) return;
                    socket.removeAllListeners("data").pause(); // all other data waits until the response has arrived
                    client.socket.once("data", () => socket.resume());
                    socket.write(message({ uuid, type: "String", data: "early", last: true }, "SockhopResponsePacket"));
                });
            });
            const client = clientOf(server);
            await client.connect();
            const stream = await client.request("x".repeat(8 * MIB));
            assert.deepEqual(await stream.next(), string("early"));
        },
    },

    "late-next-hangs": {
        title: "next() never settles when the answer had arrived before",
        outcome: "hung",
        async run(tools) {
            const stream = await answeredStream(tools, (response) => response.send("x"));
            assert.deepEqual(await stream.next(), string("x"));
        },
    },

    "late-all-hangs": {
        title: "all() never settles when the stream had ended before",
        outcome: "hung",
        async run(tools) {
            const stream = await answeredStream(tools, async (response) => {
                await response.write("1");
                await response.write("2");
                await response.end();
            });
            assert.deepEqual(await stream.all(), [string("1"), string("2"), BARE_END]);
        },
    },

    "next-misses-timeout": {
        title: "next() never settles when nobody answers",
        outcome: "hung",
        async run(tools) {
            const { client } = await silence(tools, { response_timeout: 50 });
            const stream = await client.request("x");
            await assert.rejects(stream.next(), TIMEOUT);
        },
    },

    "all-hides-timeout": {
        title: "all() resolves, with a part of the answer, when the time for it is up",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client } = await pair();
            server.on("request", (_, response) => void response.write("part"));
            const stream = await client.request("x", { timeout: 50 });
            await assert.rejects(stream.all(), TIMEOUT);
        },
    },

    "hang-up-leaves-requests": {
        title: "Requests wait for their time limit when the server has hung up",
        outcome: "hung",
        async run(tools) {
            const { stream, ended } = await hungUp(tools);
            const [error] = await ended;
            assert.equal(error.code, DISCONNECTED.code);
            assert(stream.ended);
            await assert.rejects(stream.next(), DISCONNECTED);
        },
    },

    "disconnect-leaves-requests": {
        title: "Requests wait for their time limit even if the client disconnects when the server has hung up",
        outcome: "misbehaved",
        async run(tools) {
            const { client, stream } = await hungUp(tools);
            await client.disconnect();
            assert(stream.ended);
        },
    },

    "request-to-leaving-client-is-a-type-error": {
        title: "A request to a client that leaves meanwhile is a TypeError instead of an error with a code",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client, socket } = await pair();
            server.on("error", () => undefined);
            client.socket.pause();
            const asked = server.request(socket, "x".repeat(8 * MIB));
            client.socket.destroy();
            await assert.rejects(asked, DISCONNECTED);
        },
    },

    "second-response-is-sent": {
        title: "A request can be answered twice",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client } = await pair();
            const requested = next(server, "request");
            const stream = await client.request("x");
            const [, response] = await requested;
            const answer = stream.next();
            const first = response.send("1");
            await assert.rejects(response.send("2"), { code: "ERR_RESPONSE_SEND" });
            await first;
            assert.deepEqual(await answer, string("1"));
        },
    },

    "cannot-request-null": {
        title: "null cannot be requested",
        outcome: "threw",
        async run({ pair }) {
            const { server, client } = await pair();
            const requested = next(server, "request");
            await client.request(null);
            const [{ data, type }] = await requested;
            assert.deepEqual([data, type], [null, "Object"]);
        },
    },

    "cannot-respond-null": {
        title: "A request cannot be answered with null",
        outcome: "threw",
        async run({ pair }) {
            const { server, client } = await pair();
            const requested = next(server, "request");
            const stream = await client.request("x");
            const [, response] = await requested;
            const answer = stream.next();
            await response.write(null);
            assert.deepEqual(await answer, { data: null, type: "Object" });
        },
    },

    "request-keeps-alive": {
        title: "A request keeps the process alive until its time limit although the connection is gone",
        outcome: "hung",
        endsByItself: true,
        async run(tools) {
            // Two other defects would hide this one: a timer of each client, and one that runs for connect_timeout.
            const { server, client } = await silence(tools, { connect_timeout: 300 });
            client._auto_reconnect_timer?.unref();
            await client.request("x");
            const gone = next(client, "disconnect");
            await Promise.all([server.close(), gone]);
        },
    },

    "endless-timeout-is-none": {
        title: "A request that may take for ever is given up at once",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client } = await pair();
            server.on("request", async (_, response) => {
                await sleep(30);
                await response.send("x");
            });
            const stream = await client.request("x", { timeout: Infinity });
            const data = recorded(stream, "data");
            await next(stream, "end");
            assert.deepEqual(data, [["x", "String"]]);
        },
    },

    "reserved-class-is-misread": {
        title: "An instance of a user's class with a name that requests use for themselves arrives as something else",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client, socket } = await pair();
            class SockhopRequest {
                mine = true;
            }
            class SockhopResponsePacket {
                mine = true;
            }
            for (const value of [new SockhopRequest(), new SockhopResponsePacket()]) {
                await assert.rejects(client.send(value), { code: "ERR_BAD_DATA" });
                await assert.rejects(server.send(socket, value), { code: "ERR_BAD_DATA" });
            }
        },
    },
};
