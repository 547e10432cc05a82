"use strict";

const assert = require("node:assert/strict");
const Sockhop = require("sockhop");
const { codeOf, event, messages, until } = require("../Harness.js");

class Widget {
    color = "red";
}

const BINARY = { codec: "binary", classes: [Widget] };

function cycle() {
    const value = { name: "cycle" };
    value.self = value;
    return value;
}

/** Values that JSON does not have. */
const VALUES = [
    new Date(5),
    new Map([[{ a: 1 }, new Set([1n, -(2n ** 70n)])]]),
    { a: undefined, b: NaN, c: -0, d: -Infinity },
    Buffer.from("é→😀"),
    new Uint16Array([1, 65535]),
    new Float64Array([1.5, -0]),
    new BigInt64Array([-5n]),
    new Uint8Array([1, 2, 3]).buffer,
    /a+/gi,
    new URL("https://a.example/b?c"),
    [1, , 3], // eslint-disable-line no-sparse-arrays -- holes are values, too
    new Widget(),
    Array.from({ length: 100 }, (_, n) => ({ n, text: `number ${n}`, half: n / 2 })),
];

/** Values of Temporal, if the runtime has it: Node.js before 26 does not. */
const temporal = () =>
    globalThis.Temporal && [
        Temporal.Instant.from("2026-01-02T03:04:05.006007008Z"),
        Temporal.ZonedDateTime.from("2026-01-02T03:04:05+01:00[Europe/Paris]"),
        Temporal.PlainDate.from("2026-01-02"),
        Temporal.PlainTime.from("03:04:05.006"),
        Temporal.PlainDateTime.from("2026-01-02T03:04:05"),
        Temporal.PlainYearMonth.from("2026-01"),
        Temporal.PlainMonthDay.from("01-02"),
        Temporal.Duration.from({ hours: 1, minutes: 90 }),
    ];

/** A client of a process of its own, after the agreement. */
async function connected(harness) {
    const { child } = harness.program("values.js");
    const [port] = await event(child.stdout, "data");
    const client = harness.client({ port: Number(port) }, { ...BINARY, codec_required: true });
    await client.connect();
    assert.equal(client.codec, "binary");
    return client;
}

function checkTemporal(actual, expected) {
    assert.equal(actual.length, expected.length);
    for (const [n, value] of expected.entries()) {
        assert.equal(Object.getPrototypeOf(actual[n]), Object.getPrototypeOf(value));
        assert.equal(String(actual[n]), String(value));
    }
}

module.exports = {
    async "with the codec binary, values arrive as they were, at another process and back"(harness) {
        const client = await connected(harness);
        for (const value of VALUES) assert.deepStrictEqual(await client.ask([value]), [value]);
        const same = await client.ask(cycle());
        assert.equal(same.self, same);
        const error = await client.ask(Object.assign(new TypeError("a"), { code: "E", cause: new RangeError("b") }));
        assert(error instanceof TypeError && error.cause instanceof RangeError);
        assert.deepEqual([error.message, error.code, error.cause.message], ["a", "E", "b"]);
        assert.equal(await codeOf(client.ask([() => 1])), "ERR_BAD_DATA");
        const failure = await client.ask({ fail: new Map([[1, new Date(2)]]) }).catch((reason) => reason);
        assert.deepStrictEqual(failure.remote, { message: "failed", data: new Map([[1, new Date(2)]]) });
    },

    async "with the codec binary, objects of Temporal and a Float16Array arrive, if the runtime has them"(harness) {
        const client = await connected(harness);
        const dates = temporal();
        if (dates) checkTemporal(await client.ask(dates), dates);
        if (globalThis.Float16Array) {
            const halves = new Float16Array([1.5, -0, 65504]);
            assert.deepStrictEqual(await client.ask({ halves }), { halves });
        }
    },

    async "with the codec binary, a Buffer of 1 MB arrives whole, in both directions"(harness) {
        const { server, client, socket } = await harness.pair(BINARY, BINARY);
        const value = Buffer.alloc(1_000_000, "0123456789");
        const arrived = Promise.all([messages(server, 2), messages(client, 2)]);
        for (const each of [value, { each: [value, new Date(1)] }]) {
            await client.send(each);
            await server.send(socket, each);
        }
        for (const [[first], [second]] of await arrived) {
            assert(Buffer.isBuffer(first) && first.equals(value));
            assert(second.each[0].equals(value));
            assert.deepStrictEqual(second.each[1], new Date(1));
        }
    },

    async "with the codec binary, sendall() reaches every client in its codec"(harness) {
        const server = await harness.server(BINARY);
        const clients = Array.from({ length: 20 }, (_, n) => harness.client(server, n % 2 ? BINARY : {}));
        const arrived = clients.map((client) => messages(client, 2));
        await Promise.all(clients.map((client) => client.connect()));
        await until(() => server.sockets.length === clients.length);
        await server.sendall({ when: new Date(0) });
        await server.sendall(Buffer.alloc(100_000, "x").toString());
        for (const [n, [[value], [text]]] of (await Promise.all(arrived)).entries()) {
            assert.deepStrictEqual(value, { when: n % 2 ? new Date(0) : "1970-01-01T00:00:00.000Z" });
            assert.equal(text.length, 100_000);
        }
    },

    async "with the codec binary, messages of one tick and callbacks arrive in order"(harness) {
        const { server, client } = await harness.pair(BINARY, BINARY);
        server.on("receive", (value, { callback }) => callback?.(value));
        const numbers = Array.from({ length: 3000 }, (_, n) => n);
        const found = [];
        await new Promise((resolve) => {
            for (const n of numbers) {
                client.send({ n }, (value) => {
                    if (found.push(value.n) === numbers.length) resolve();
                });
            }
        });
        assert.deepEqual(found, numbers);
    },

    async "an ObjectBuffer with the codec binary takes bytes that are split anywhere"() {
        const buffer = new Sockhop.ObjectBuffer(BINARY);
        const bytes = Buffer.concat(VALUES.map((value) => buffer.obj2buf([value])));
        const found = [];
        for (const byte of bytes) found.push(...buffer.buf2obj(Buffer.of(byte)));
        assert.deepStrictEqual(
            found,
            VALUES.map((value) => [value]),
        );
    },
};
