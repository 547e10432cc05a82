"use strict";

const assert = require("node:assert/strict");
const { codeOf, event, messages, until } = require("../Harness.js");

class Widget {
    color = "red";
}

/** The sent value, the received value, and its type. */
const VALUES = [
    [new Widget(), { color: "red" }, "Widget"],
    [{ a: { b: [null, 1.5] } }, { a: { b: [null, 1.5] } }, "Object"],
    [[1, ["two"]], [1, ["two"]], "Array"],
    [new Date(0), "1970-01-01T00:00:00.000Z", "Date"],
    ["é→😀\n", "é→😀\n", "String"],
    ["", "", "String"],
    [-4.5e-7, -4.5e-7, "Number"],
    [0, 0, "Number"],
    [true, true, "Boolean"],
    [false, false, "Boolean"],
    [null, null, "Object"],
];
const ARRIVE = VALUES.map(([, value, type]) => [value, type]);

function cycle() {
    const value = {};
    value.self = value;
    return value;
}

module.exports = {
    async "values of all kinds arrive with their types, in both directions"(harness) {
        const { server, client, socket } = await harness.pair();
        for (const [end, other, ...whom] of [
            [client, server],
            [server, client, socket],
        ]) {
            const arrived = messages(other, VALUES.length);
            for (const [value] of VALUES) await end.send(...whom, value);
            assert.deepEqual(await arrived, ARRIVE);
        }
    },

    async "values that JSON cannot express are rejected"(harness) {
        const { server, client } = await harness.pair();
        for (const value of [undefined, () => 1, Symbol("s"), 1n, { big: 1n }, cycle()]) {
            assert.equal(await codeOf(client.send(value)), "ERR_BAD_DATA");
        }
        const arrived = messages(server, 1);
        await client.send("after it");
        assert.deepEqual(await arrived, [["after it", "String"]]);
    },

    async "messages of one tick arrive in order"(harness) {
        const { server, client, socket } = await harness.pair();
        const numbers = Array.from({ length: 5000 }, (_, n) => n);
        const arrived = Promise.all([messages(server, numbers.length), messages(client, numbers.length)]);
        await Promise.all(numbers.flatMap((n) => [client.send(n), server.send(socket, n)]));
        for (const there of await arrived)
            assert.deepEqual(
                there,
                numbers.map((n) => [n, "Number"]),
            );
    },

    async "a message of 20 MB arrives whole, in both directions"(harness) {
        const { server, client, socket } = await harness.pair();
        const value = "0123456789é→😀".repeat(1_050_000);
        const arrived = Promise.all([messages(server, 1), messages(client, 1)]);
        await Promise.all([client.send(value), server.send(socket, value)]);
        for (const [[there]] of await arrived) assert(there === value); // not equal(), which would print it
    },

    async "sendall() reaches every client"(harness) {
        const server = await harness.server();
        const clients = Array.from({ length: 30 }, () => harness.client(server));
        const arrived = clients.map((client) => messages(client, 2));
        await Promise.all(clients.map((client) => client.connect()));
        await until(() => server.sockets.length === clients.length);
        assert.equal((await server.sendall({ n: 1 })).length, clients.length);
        await server.sendall("two");
        for (const there of await Promise.all(arrived)) {
            assert.deepEqual(there, [
                [{ n: 1 }, "Object"],
                ["two", "String"],
            ]);
        }
    },

    async "terminators can be any text, even inside a value"(harness) {
        for (const terminator of ["\r\n", "→", "\u0000", ["<end>", "é--"]]) {
            const mirrored = Array.isArray(terminator) ? [...terminator].reverse() : terminator;
            const { server, client, socket } = await harness.pair({ terminator }, { terminator: mirrored });
            const value = ["a", [terminator].flat().join(""), "z"].join(" ");
            const arrived = Promise.all([messages(server, 2), messages(client, 2)]);
            for (const each of [value, { [value]: value }]) {
                await client.send(each);
                await server.send(socket, each);
            }
            for (const there of await arrived) {
                assert.deepEqual(there, [
                    [value, "String"],
                    [{ [value]: value }, "Object"],
                ]);
            }
        }
    },

    async "peers that are not sockhop use lines of JSON"(harness) {
        const server = await harness.server({ peer_type: "json" });
        const arrived = messages(server, 3);
        server.on("receive", (value, { socket }) => server.send(socket, { seen: value }));
        const stranger = await harness.stranger(server);
        let said = "";
        stranger.setEncoding("utf8").on("data", (text) => (said += text));
        stranger.write('{"a":1}\n{"type":"SockhopPing","da');
        stranger.write('ta":{}}\n["é→😀"]\n');
        assert.deepEqual(await arrived, [
            [{ a: 1 }, "Object"],
            [{ type: "SockhopPing", data: {} }, "Object"],
            [["é→😀"], "Array"],
        ]);
        await until(() => said.split("\n").length === 4);
        assert.equal(said, '{"seen":{"a":1}}\n{"seen":{"type":"SockhopPing","data":{}}}\n{"seen":["é→😀"]}\n');
    },

    async "with allow_non_objects, a frame that is not JSON is a string"(harness) {
        const options = { peer_type: "json", allow_non_objects: true };
        const { server, client } = await harness.pair(options, options);
        const arrived = messages(server, 3);
        await client.send("text");
        await client.send(5);
        client.socket.write("no JSON\n");
        assert.deepEqual(await arrived, [
            ["text", "String"],
            [5, "Number"],
            ["no JSON", "String"],
        ]);
    },

    async "each type of message and request has its own event"(harness) {
        const { server, client, socket } = await harness.pair();
        const heard = [];
        server.on("receive", (value) => heard.push(["receive", value]));
        server.on("receive:Widget", (value, { type }) => heard.push([type, value]));
        client.on("request:Widget", ({ data }, response) => response.send(data.color));
        const arrived = event(server, "receive:Widget");
        await client.send("a string");
        await client.send(new Widget());
        await arrived;
        assert.deepEqual(heard, [
            ["receive", "a string"],
            ["receive", { color: "red" }],
            ["Widget", { color: "red" }],
        ]);
        assert.equal(await server.ask(socket, new Widget()), "red");
    },

    async "invalid frames are reported and dropped, and the connection stays open"(harness) {
        const { server, client } = await harness.pair();
        const codes = [];
        server.on("error", ({ code }) => codes.push(code));
        const arrived = messages(server, 1);
        client.socket.write("GET /\n\nnull\n5\n[1]\n");
        client.socket.write(Buffer.from([0xff, 0xfe, 0x0a]));
        await until(() => codes.length === 5); // the blank line is no error
        await client.send("after it");
        assert.deepEqual(await arrived, [["after it", "String"]]);
        assert.deepEqual(new Set(codes), new Set(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]));
    },

    async "an exception in a handler is uncaught, and the other messages are delivered"(harness) {
        const { server, client } = await harness.pair();
        const arrived = messages(server, 3);
        server.on("receive", (value) => {
            if (value === 2) throw new Error("mine");
        });
        const surfaced = event(process, "uncaughtException");
        await Promise.all([client.send(1), client.send(2), client.send(3)]);
        const [error] = await surfaced;
        assert.equal(error.message, "mine");
        assert.deepEqual(
            (await arrived).map(([value]) => value),
            [1, 2, 3],
        );
    },
};
