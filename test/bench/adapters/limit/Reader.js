"use strict";

const { StringDecoder } = require("node:string_decoder");
const wire = require("./wire.js");

/** Cuts lines out of bytes and hands on what they say. Each chunk is decoded at once, and lines are slices of that. */
class Reader {
    #handlers;
    #peer;
    /** There while a chunk has ended within a character, a part of which it keeps. */
    #decoder;
    /** The beginning of a line that has not ended, put together only when it has. */
    #rest = "";

    /**
     * @param handlers - what to call; can be shared by all readers
     * @param peer - given to them as the last argument
     */
    constructor(handlers, peer) {
        this.#handlers = handlers;
        this.#peer = peer;
    }

    /** @param length - how many bytes of the chunk to read */
    read(chunk, length) {
        const text = this.#decode(chunk, length);
        let end = text.indexOf("\n");
        if (end === -1) {
            this.#rest += text;
            return;
        }
        let start = 0;
        if (this.#rest !== "") {
            const line = this.#rest + text.slice(0, end);
            this.#rest = "";
            wire.read(line, 0, line.length, this.#handlers, this.#peer);
            start = end + 1;
            end = text.indexOf("\n", start);
        }
        while (end !== -1) {
            wire.read(text, start, end, this.#handlers, this.#peer);
            start = end + 1;
            end = text.indexOf("\n", start);
        }
        if (start < text.length) this.#rest = text.slice(start);
    }

    #decode(chunk, length) {
        const whole = chunk[length - 1] < 0x80;
        if (whole && !this.#decoder) return chunk.toString("utf8", 0, length);
        this.#decoder ??= new StringDecoder("utf8");
        const text = this.#decoder.write(chunk.subarray(0, length));
        if (whole) this.#decoder = undefined;
        return text;
    }
}

module.exports = Reader;
