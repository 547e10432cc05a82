"use strict";

const { TYPED } = require("./kinds.js");

/** Initial size of the memory of a batch in bytes. It doubles when it is full. */
const SIZE = 8192;

/** Encoded values of this size in bytes are not copied into the batch. */
const LARGE = 65_536;

/** Size of a frame in bytes, before it. */
const LENGTH = 4;

/** Maximum number of bytes before a value, without its class: frame length, kind, id. */
const HEAD = LENGTH + 1 + 5;

/** Messages of one frame, as one value after the other, each packed when it is added. */
class PackBatch {
    /** Bytes of the frame so far, without its length. */
    size = 0;
    #pack;
    #tag;
    #room;
    #at = LENGTH;
    #large;

    /**
     * @param pack - encodes a value; its result is not changed by the next calls
     * @param tag - byte before an integer of 32 bits, big endian, in this format
     */
    constructor(pack, tag) {
        this.#pack = pack;
        this.#tag = tag;
    }

    /** @param id - of a call; `undefined` for a message */
    add(kind, id, value) {
        const { name } = value.constructor;
        const type = name === "Object" ? undefined : this.#pack(name);
        const bytes = this.#pack(value);
        this.#reserve(HEAD + (type?.length ?? 0) + (bytes.length < LARGE ? bytes.length : 0));
        this.#room[this.#at++] = type ? kind | TYPED : kind; // a small integer is itself in both formats
        if (id !== undefined) {
            this.#room[this.#at] = this.#tag;
            this.#room.writeUInt32BE(id, this.#at + 1);
            this.#at += 5;
        }
        if (type) this.#append(type);
        if (bytes.length < LARGE) this.#append(bytes);
        else this.#large = bytes;
        this.size = this.#at - LENGTH + (this.#large?.length ?? 0);
    }

    /** True if the frame must end with the last message. */
    get full() {
        return this.#large !== undefined;
    }

    /** Ends the frame. Returns its bytes in one part or two; the first is overwritten by the next frame. */
    take() {
        const first = this.#room.subarray(0, this.#at);
        first.writeUInt32LE(this.size);
        const parts = this.#large ? [first, this.#large] : [first];
        this.size = 0;
        this.#at = LENGTH;
        this.#large = undefined;
        return parts;
    }

    /** Gives up the memory of the last frame, which is still being written. */
    release() {
        this.#room = undefined;
    }

    #append(bytes) {
        this.#room.set(bytes, this.#at);
        this.#at += bytes.length;
    }

    #reserve(count) {
        const size = this.#at + count;
        this.#room ??= Buffer.allocUnsafeSlow(SIZE);
        if (size <= this.#room.length) return;
        const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#room.length));
        larger.set(this.#room.subarray(0, this.#at));
        this.#room = larger;
    }
}

module.exports = PackBatch;
