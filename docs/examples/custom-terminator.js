// Terminators: a message ends with a newline by default, or with your own text for each direction.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    // [receive, transmit]: the two ends use the opposite order.
    const server = new Sockhop.server({ port: 0, terminator: ["\r\n", "<end>"] });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port(), terminator: ["<end>", "\r\n"] });
    const [[socket]] = await Promise.all([once(server, "connect"), client.connect()]);

    socket.once("data", (bytes) => console.log("From the client:", JSON.stringify(bytes.toString())));
    client.send("two\r\nlines");
    const [lines] = await once(server, "receive");
    assert.equal(lines, "two\r\nlines");

    // A terminator can occur inside a message: the library escapes it in the JSON.
    client.socket.once("data", (bytes) => console.log("From the server:", JSON.stringify(bytes.toString())));
    server.send(socket, "not the <end> yet");
    const [text] = await once(client, "receive");
    assert.equal(text, "not the <end> yet");
    console.log("Both messages arrived in one piece");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
