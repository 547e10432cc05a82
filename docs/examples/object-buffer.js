// A socket splits bytes anywhere. ObjectBuffer assembles the objects again, without a socket.
"use strict";

const assert = require("node:assert/strict");
const ObjectBuffer = require("sockhop/lib/ObjectBuffer.js");

const sender = new ObjectBuffer();
const receiver = new ObjectBuffer();
const objects = [{ city: "Zürich" }, { city: "東京" }, ["any", { value: null }]];
const bytes = Buffer.concat(objects.map((each) => sender.obj2buf(each)));
console.log(`${objects.length} objects are ${bytes.length} bytes`);

// Split after every byte, even inside a character.
const received = [];
for (let at = 0; at < bytes.length; at++) {
    for (const value of receiver.buf2obj(bytes.subarray(at, at + 1))) {
        console.log(`Byte ${at + 1} completes`, value);
        received.push(value);
    }
}
assert.deepEqual(received, objects);

// Frames that are not JSON are skipped. Without this listener the error would be thrown.
const errors = [];
receiver.on("error", (error) => errors.push(error.code));
const values = receiver.buf2obj(Buffer.from('neither here {"nor":"there"}\n{"all":"good"}\n'));
console.log("Skipped:", errors, "and received", values);
assert.deepEqual(errors, ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
assert.deepEqual(values, [{ all: "good" }]);
