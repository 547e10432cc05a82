"use strict";

/** Bytes that are written before the end of a tick, as in limit/Writer.js. */
const EARLY = 2048;
const MOST = 65_536;

function flush(writer) {
    writer.flush();
}

/** Collects the messages of a tick into one frame, one write and one promise. Each is encoded when it is sent. */
class FrameWriter {
    static MOST = MOST;

    #socket;
    #batch;
    #early;
    #threshold;
    #scheduled = false;
    #promise;
    #written;

    /**
     * @param socket - object with Node's `write` and `writableLength`
     * @param batch - encodes the messages of a frame
     * @param early - bytes that are written before the end of the tick
     */
    constructor(socket, batch, early = EARLY) {
        this.#socket = socket;
        this.#batch = batch;
        this.#early = early;
        this.#threshold = early;
    }

    /** Resolves when the system has accepted the message. */
    write(kind, id, value) {
        this.#promise ??= new Promise((resolve) => (this.#written = resolve));
        const promise = this.#promise;
        this.post(kind, id, value);
        return promise;
    }

    /** The same without a promise. */
    post(kind, id, value) {
        this.#batch.add(kind, id, value);
        if (this.#batch.size >= this.#threshold || this.#batch.full) {
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
        if (this.#batch.size > 0) this.#send();
    }

    #send() {
        const written = this.#written;
        this.#promise = undefined;
        this.#written = undefined;
        const parts = this.#batch.take();
        const socket = this.#socket;
        if (parts.length > 1) socket.cork?.();
        for (const part of parts) socket.write(part, part === parts.at(-1) ? written : undefined);
        if (parts.length > 1) socket.uncork?.();
        // The system has not accepted all bytes yet: they must not be overwritten.
        if (socket.writableLength !== 0) this.#batch.release?.();
    }
}

module.exports = FrameWriter;
