"use strict";
// peer_type "json": peers that are not sockhop, and send plain JSON.

const assert = require("node:assert/strict");
const { frame, frames, next, rawClient, recorded } = require("./tools");

/** The `receive` events of a json server for these frames: values and type names. */
async function receivedByServer({ listening }, texts, options = {}) {
    const server = await listening({ peer_type: "json", ...options });
    const received = recorded(server, "receive");
    const peer = await rawClient(server);
    peer.write(texts.map((text) => `${text}\n`).join(""));
    while (received.length < texts.length) await next(server, "receive");
    return received.map(([value, { type }]) => [value, type]);
}

module.exports = {
    "null-kills": {
        title: "null from a json peer kills the process",
        outcome: "crashed",
        async run(tools) {
            assert.deepEqual(await receivedByServer(tools, ["null", "[]"], { allow_non_objects: true }), [
                [null, "Object"],
                [[], "Array"],
            ]);
            const server = await tools.listening({ peer_type: "json" });
            const received = recorded(server, "receive");
            const errors = recorded(server, "error");
            const peer = await rawClient(server);
            peer.write("null\n[]\n");
            await next(server, "receive");
            assert.deepEqual([received.map(([value]) => value), errors.length], [[[]], 1]);
        },
    },

    "constructor-member-forges-type": {
        title: "A member called constructor forges the type of what a json peer sends",
        outcome: "misbehaved",
        async run(tools) {
            const forged = { constructor: { name: "Evil" } };
            assert.deepEqual(await receivedByServer(tools, [JSON.stringify(forged)]), [[forged, "Object"]]);
        },
    },

    "constructor-member-kills": {
        title: "A member called constructor in what a json peer sends kills the process",
        outcome: "crashed",
        async run(tools) {
            assert.deepEqual(await receivedByServer(tools, ['{"constructor":null}', "{}"]), [
                [{ constructor: null }, "Object"],
                [{}, "Object"],
            ]);
        },
    },

    "string-throws": {
        title: "send() of a json server throws for a string instead of rejecting",
        original: "sockhop-1.4.0",
        outcome: "threw",
        async run({ pair }) {
            const { server, socket } = await pair({ peer_type: "json" });
            server.on("error", () => undefined);
            await assert.rejects(server.send(socket, "x"), { code: "ERR_OBJECTBUFFER_BAD_OBJECT" });
        },
    },

    "string-is-an-unrelated-error": {
        title: "send() of a json client rejects with an unrelated TypeError for a string, and emits another error",
        outcome: "misbehaved",
        async run({ pair }) {
            const { client } = await pair({ peer_type: "json" });
            const errors = recorded(client, "error");
            await assert.rejects(client.send("x"), { code: "ERR_OBJECTBUFFER_BAD_OBJECT" });
            assert.deepEqual(errors, []);
        },
    },

    "foreign-pings-vanish": {
        title: "Objects of a json peer vanish that happen to look like pings, and are answered",
        outcome: "misbehaved",
        async run({ listening }) {
            const server = await listening({ peer_type: "json" });
            const received = recorded(server, "receive");
            const peer = await rawClient(server);
            const nextFrame = frames(peer);
            const foreign = [{ type: "SockhopPong", mine: 1 }, { type: "SockhopPing", mine: 2 }, { last: true }];
            server.on("receive", (value, { socket }) => {
                if (value.last) void server.send(socket, value);
            });
            peer.write(foreign.map(frame).join(""));
            assert.deepEqual(await nextFrame(), { last: true });
            assert.deepEqual(
                received.map(([value]) => value),
                foreign,
            );
        },
    },
};
