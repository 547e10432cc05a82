"use strict";

const net = require("node:net");
const { once } = require("node:events");

/**
 * Keeps the sender at most some bursts ahead of the receivers, which are in another process. Without it, some
 * implementations send as fast as the first server writes, and the others get more than one burst at a time.
 */
class Gate {
    /** The end of the sender. */
    static async listen(path) {
        const gate = new Gate();
        const server = net.createServer((socket) => socket.on("data", ({ length }) => gate.#pass(length)));
        server.listen(path);
        await once(server, "listening");
        return gate;
    }

    /** The end of the receivers: a function to call when a burst has arrived. */
    static async connect(path) {
        const socket = net.connect({ path });
        await once(socket, "connect");
        return () => socket.write(".");
    }

    #ahead = 0;
    #wake;

    /** Counts a burst, and resolves when less than `most` have not arrived. */
    async sent(most) {
        this.#ahead += 1;
        if (this.#ahead >= most) await new Promise((resolve) => (this.#wake = { most, resolve }));
    }

    #pass(bursts) {
        this.#ahead -= bursts;
        if (this.#ahead >= this.#wake?.most) return;
        this.#wake?.resolve();
        this.#wake = undefined;
    }
}

module.exports = Gate;
