"use strict";

const v8 = require("node:v8");
const { MESSAGE, KIND, TYPED } = require("./kinds.js");

/** Size of a frame in bytes, before it. */
const LENGTH = 4;

/** Kind after the last message. */
const END = 0;

/** Size in bytes that is assumed for a message of the first frame. */
const GUESS = 100;

/**
 * Messages of one frame, written by one serializer: a new one for each message takes twice the time. So an object that
 * is sent twice in a tick arrives as one object, with its first members. No workload does that; a library may not.
 */
class V8Batch {
    /** No message ends a frame: the serializer does not tell its size. */
    full = false;
    #serializer;
    #count = 0;
    #average = GUESS;

    /** Approximate bytes of the frame so far. */
    get size() {
        return this.#count * this.#average;
    }

    add(kind, id, value) {
        const { name } = value.constructor;
        this.#serializer ??= this.#begin();
        this.#serializer.writeUint32(name === "Object" ? kind : kind | TYPED);
        if (id !== undefined) this.#serializer.writeUint32(id);
        if (name !== "Object") this.#serializer.writeValue(name);
        this.#serializer.writeValue(value);
        this.#count++;
    }

    /** Ends the frame, and returns its bytes. */
    take() {
        this.#serializer.writeUint32(END);
        const bytes = this.#serializer.releaseBuffer();
        bytes.writeUInt32LE(bytes.length - LENGTH);
        this.#average = bytes.length / this.#count;
        this.#serializer = undefined;
        this.#count = 0;
        return [bytes];
    }

    #begin() {
        const serializer = new v8.DefaultSerializer();
        serializer.writeRawBytes(Buffer.alloc(LENGTH));
        serializer.writeHeader();
        return serializer;
    }
}

/** The kind, the id of a call, the class if it is named, and the value of each message of a frame. */
function unpack(bytes) {
    const parts = [];
    const deserializer = new v8.DefaultDeserializer(bytes);
    deserializer.readHeader();
    for (let head = deserializer.readUint32(); head !== END; head = deserializer.readUint32()) {
        parts.push(head);
        if ((head & KIND) !== MESSAGE) parts.push(deserializer.readUint32());
        if (head & TYPED) parts.push(deserializer.readValue());
        parts.push(deserializer.readValue());
    }
    return parts;
}

module.exports = { V8Batch, unpack };
