"use strict";

const { MESSAGE, QUESTION, KIND, TYPED } = require("./kinds.js");

/** Size in bytes of the length before a frame. */
const LENGTH = 4;

/** Cuts a stream into frames, and unpacks each in one call. */
class FrameReader {
    #unpack;
    #handlers;
    #peer;
    /** First bytes of a frame: of its length, or memory for all of it with `#length` valid bytes. */
    #rest;
    #length = 0;

    /**
     * @param unpack - function from the bytes of a frame to the parts of its messages (kinds.js)
     * @param handlers - `message(value)`, `question(value, id, peer)`, `answer(value, id, peer)`
     */
    constructor(unpack, handlers, peer) {
        this.#unpack = unpack;
        this.#handlers = handlers;
        this.#peer = peer;
    }

    /** @param chunk - bytes that may be overwritten later */
    read(chunk) {
        let at = 0;
        if (this.#rest) {
            at = this.#fill(chunk);
            if (at === -1) return;
        }
        while (chunk.length - at >= LENGTH) {
            const start = at + LENGTH;
            const size = chunk.readUInt32LE(at);
            if (chunk.length - start < size) break;
            at = start + size;
            this.#deliver(this.#unpack(chunk.subarray(start, at)));
        }
        if (at < chunk.length) this.#begin(chunk.subarray(at));
    }

    /** Keeps the first bytes of a frame. The length is trusted: the peer is known. */
    #begin(bytes) {
        this.#rest =
            bytes.length < LENGTH ? Buffer.alloc(LENGTH) : Buffer.allocUnsafeSlow(LENGTH + bytes.readUInt32LE());
        this.#rest.set(bytes);
        this.#length = bytes.length;
    }

    /**
     * Adds to a frame that has begun.
     *
     * @returns the index in the chunk at which it ends; -1 if it does not
     */
    #fill(chunk) {
        let at = 0;
        if (this.#length < LENGTH) {
            at = Math.min(chunk.length, LENGTH - this.#length);
            this.#rest.set(chunk.subarray(0, at), this.#length);
            this.#length += at;
            if (this.#length < LENGTH) return -1;
            this.#begin(this.#rest);
        }
        const more = Math.min(chunk.length - at, this.#rest.length - this.#length);
        this.#rest.set(chunk.subarray(at, at + more), this.#length);
        this.#length += more;
        if (this.#length < this.#rest.length) return -1;
        const frame = this.#rest;
        this.#rest = undefined;
        this.#deliver(this.#unpack(frame.subarray(LENGTH)));
        return at + more;
    }

    #deliver(parts) {
        const { message, question, answer } = this.#handlers;
        for (let at = 0; at < parts.length;) {
            const head = parts[at++];
            const kind = head & KIND;
            const id = kind === MESSAGE ? undefined : parts[at++];
            if (head & TYPED) at++; // the name of the class, which no workload asks for
            const value = parts[at++];
            if (kind === MESSAGE) message(value);
            else if (kind === QUESTION) question(value, id, this.#peer);
            else answer(value, id, this.#peer);
        }
    }
}

module.exports = FrameReader;
