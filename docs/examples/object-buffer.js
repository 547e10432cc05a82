// A socket delivers bytes in pieces, cut anywhere. ObjectBuffer makes objects of them again, and needs no socket for it.
"use strict";

const assert = require("node:assert/strict");
const ObjectBuffer = require("sockhop/lib/ObjectBuffer.js");

const sender = new ObjectBuffer();
const receiver = new ObjectBuffer();
const objects = [{ city: "Zürich" }, { city: "東京" }, ["any", { value: null }]];
const bytes = Buffer.concat(objects.map((each) => sender.obj2buf(each)));
console.log(`${objects.length} objects are ${bytes.length} bytes`);

// Cut after every single byte, even in the middle of a character.
const received = [];
for (let at = 0; at < bytes.length; at++) {
    for (const value of receiver.buf2obj(bytes.subarray(at, at + 1))) {
        console.log(`Byte ${at + 1} completes`, value);
        received.push(value);
    }
}
assert.deepEqual(received, objects);

// What is not JSON is skipped. Without this listener the error would be thrown.
const errors = [];
receiver.on("error", (error) => errors.push(error.code));
const rest = receiver.buf2obj(Buffer.from('neither here {"nor":"there"}\n{"all":"good"}\n'));
console.log("Skipped:", errors, "and went on with", rest);
assert.deepEqual(errors, ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
assert.deepEqual(rest, [{ all: "good" }]);
