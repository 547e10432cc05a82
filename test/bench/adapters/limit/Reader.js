"use strict";

const { StringDecoder } = require("node:string_decoder");
const wire = require("./wire.js");

/** Splits bytes into lines and passes on their content. Each chunk is decoded at once, and lines are slices of it. */
class Reader {
    #handlers;
    #peer;
    /** Defined while a chunk has ended within a character; it keeps the partial character. */
    #decoder;
    /** Parts of an incomplete line, joined only at its end. */
    #rest = "";

    /**
     * @param handlers - called for each line; can be shared by all readers
     * @param peer - their last argument
     */
    constructor(handlers, peer) {
        this.#handlers = handlers;
        this.#peer = peer;
    }

    /** @param length - number of bytes of the chunk */
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
