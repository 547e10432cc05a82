"use strict";

/** So much text is written before the turn is over, so that the peer can begin; doubled with every such write … */
const EARLY = 2048;
/** … up to this: longer strings take longer to be put together. */
const MOST = 65_536;

function flush(writer) {
    writer.flush();
}

/** Collects the frames of a turn, so that they become one write and one promise. */
class Writer {
    static MOST = MOST;

    #text = "";
    #early;
    #threshold;
    #scheduled = false;
    #promise;
    #written;

    /**
     * @param socket - what has Node's `write`
     * @param early - how much text is written before the turn is over
     */
    constructor(socket, early = EARLY) {
        this.socket = socket;
        this.#early = early;
        this.#threshold = early;
    }

    /** Resolves when the system has the text. */
    write(text) {
        this.#promise ??= new Promise((resolve) => (this.#written = resolve));
        const promise = this.#promise;
        this.post(text);
        return promise;
    }

    /** The same for a caller who does not want to know. */
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
        // For UTF-8 Node reserves three bytes for each character. ASCII is the same as Latin-1.
        this.socket.write(text, Buffer.byteLength(text) === text.length ? "latin1" : "utf8", written);
    }
}

module.exports = Writer;
