"use strict";
// Frames: bytes to objects and back.

const assert = require("node:assert/strict");
const vm = require("node:vm");
const { MIB, recorded, untilLast } = require("./tools");

/** Bytes of all memory that an ObjectBuffer takes for one frame that arrives in chunks. */
function memoryFor({ ObjectBuffer }, bytes) {
    const buffer = new ObjectBuffer();
    const originals = Object.getOwnPropertyDescriptors(Buffer);
    let total = 0;
    for (const name of ["concat", "allocUnsafe", "allocUnsafeSlow"]) {
        Buffer[name] = (...args) => {
            const memory = originals[name].value(...args);
            total += memory.length;
            return memory;
        };
    }
    try {
        const piece = 8192;
        let objects = 0;
        for (let position = 0; position < bytes.length; position += piece) {
            objects += buffer.buf2obj(bytes.subarray(position, position + piece)).length;
        }
        assert.equal(objects, 1);
    } finally {
        Object.defineProperties(Buffer, originals);
    }
    return total;
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
        title: "The work to collect a large message grows with the square of its size",
        outcome: "misbehaved",
        async run(tools) {
            const bytes = Buffer.from(`"${"x".repeat(MIB)}"\n`);
            assert(memoryFor(tools, bytes) < 4 * bytes.length);
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
