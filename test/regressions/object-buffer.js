"use strict";
// Frames: bytes to objects and back.

const assert = require("node:assert/strict");
const vm = require("node:vm");
const { MIB, recorded, untilLast } = require("./tools");

/** Time of one ObjectBuffer for frames of a size, 4 MiB in all, that arrive in chunks of 8 KiB. */
function cost({ ObjectBuffer }, size) {
    const buffer = new ObjectBuffer();
    const bytes = Buffer.from(`"${"x".repeat(size)}"\n`.repeat((4 * MIB) / size));
    const piece = 8192;
    const start = process.cpuUsage();
    let objects = 0;
    for (let position = 0; position < bytes.length; position += piece) {
        objects += buffer.buf2obj(bytes.subarray(position, position + piece)).length;
    }
    const { user, system } = process.cpuUsage(start);
    assert.equal(objects, (4 * MIB) / size);
    return user + system;
}

module.exports = {
    "empty-terminator-loops": {
        title: "An empty terminator makes the process loop for ever",
        outcome: "misbehaved",
        async run({ ObjectBuffer }) {
            function decode() {
                const buffer = new ObjectBuffer({ terminator: "" });
                buffer.on("error", () => undefined);
                buffer.buf2obj(Buffer.from("{}"));
            }
            // Only the timeout of vm can end it.
            assert.throws(() => vm.runInNewContext("decode()", { decode }, { timeout: 1000 }), {
                code: "ERR_BAD_OPTION",
            });
        },
    },

    "terminator-in-characters": {
        title: "A terminator of more bytes than characters loses frames",
        outcome: "misbehaved",
        async run({ ObjectBuffer }) {
            const buffer = new ObjectBuffer({ terminator: "→" });
            const errors = recorded(buffer, "error");
            const values = [{ a: 1 }, { b: 2 }, { c: 3 }];
            assert.deepEqual(buffer.buf2obj(Buffer.concat(values.map((value) => buffer.obj2buf(value)))), values);
            assert.deepEqual(errors, []);
        },
    },

    "single-terminator-is-undefined": {
        title: 'A terminator given as an array of one ends frames with the word "undefined"',
        outcome: "misbehaved",
        async run({ ObjectBuffer }) {
            assert.equal(String(new ObjectBuffer({ terminator: ["\n"] }).obj2buf({ a: 1 })), '{"a":1}\n');
        },
    },

    "string-spoils-buffer": {
        title: "buf2obj() keeps what is no Buffer, and throws from then on",
        outcome: "threw",
        async run({ ObjectBuffer }) {
            const buffer = new ObjectBuffer();
            const errors = recorded(buffer, "error");
            assert.deepEqual(buffer.buf2obj("no buffer"), []);
            assert.deepEqual(
                errors.map(([error]) => error.code),
                ["ERR_OBJECTBUFFER_BAD_BUFFER"],
            );
            assert.deepEqual(buffer.buf2obj(Buffer.from('{"b":2}\n')), [{ b: 2 }]);
        },
    },

    "collecting-is-quadratic": {
        title: "The time to collect a large message grows with the square of its size",
        outcome: "misbehaved",
        async run(tools) {
            cost(tools, MIB / 4); // warm up
            // The same data in one frame and in sixteen: about 1 to 1 for linear work, 16 to 1 for quadratic work.
            assert(cost(tools, 4 * MIB) < 5 * cost(tools, MIB / 4));
        },
    },

    "terminator-in-payload": {
        title: "A custom terminator that occurs in a message breaks the framing",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client } = await pair({ terminator: "X" });
            const errors = recorded(server, "error");
            const values = untilLast(server);
            void client.send("aXb");
            void client.send("last");
            assert.deepEqual([await values, errors], [["aXb"], []]);
        },
    },
};
