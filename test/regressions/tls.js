"use strict";
// Clients that use TLS.

const assert = require("node:assert/strict");
const { next, rawServer } = require("./tools");

/** The first byte of a record of the TLS handshake. */
const HANDSHAKE = 0x16;

module.exports = {
    "single-option-is-plain-text": {
        title: "ssl_options with a single member do not turn TLS on: plain text goes out",
        outcome: "misbehaved",
        async run({ clientOf }) {
            let reached;
            const connection = new Promise((resolve) => (reached = resolve));
            const client = clientOf(await rawServer(reached), { ssl_options: { rejectUnauthorized: false } });
            client.on("connect", () => void client.send("secret"));
            client.connect().catch(() => undefined); // the server does not respond
            const [bytes] = await next(await connection, "data");
            assert.equal(bytes[0], HANDSHAKE, String(bytes));
        },
    },
};
