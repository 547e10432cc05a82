"use strict";

/** Text length that is written before the end of a tick, so that the peer can start; doubled with every such write … */
const EARLY = 2048;
/** … up to this: joining longer strings takes longer. */
const MOST = 65_536;

function flush(writer) {
    writer.flush();
}

/** Collects the frames of a tick into one write and one promise. */
class Writer {
    static MOST = MOST;

    #text = "";
    #early;
    #threshold;
    #scheduled = false;
    #promise;
    #written;

    /**
     * @param socket - object with Node's `write`
     * @param early - text length that is written before the end of the tick
     */
    constructor(socket, early = EARLY) {
        this.socket = socket;
        this.#early = early;
        this.#threshold = early;
    }

    /** Resolves when the system has accepted the text. */
    write(text) {
        this.#promise ??= new Promise((resolve) => (this.#written = resolve));
        const promise = this.#promise;
        this.post(text);
        return promise;
    }

    /** The same without a promise. */
    post(text) {
        this.#text = this.#text === "" ? text : this.#text + text;
        if (this.#text.length >= this.#threshold) {
            if (this.#threshold < MOST) this.#threshold *= 2;
            this.#send();
        }
        if (!this.#scheduled) {
            this.#scheduled = true;
            process.nextTick(flush, this);
        }
    }

    flush() {
        this.#scheduled = false;
        this.#threshold = this.#early;
        if (this.#text !== "") this.#send();
    }

    #send() {
        const text = this.#text;
        const written = this.#written;
        this.#text = "";
        this.#promise = undefined;
        this.#written = undefined;
        // Node reserves three bytes per character for UTF-8. ASCII is the same as Latin-1.
        this.socket.write(text, Buffer.byteLength(text) === text.length ? "latin1" : "utf8", written);
    }
}

module.exports = Writer;
