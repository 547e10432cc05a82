// A message ends with a newline unless you choose something else: for each direction, if you like.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    // The first ends what is received, the second what is sent. So the two ends have them in opposite order.
    const server = new Sockhop.server({ port: 0, terminator: ["\r\n", "<end>"] });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port(), terminator: ["<end>", "\r\n"] });
    const [[socket]] = await Promise.all([once(server, "connect"), client.connect()]);

    socket.once("data", (bytes) => console.log("From the client:", JSON.stringify(bytes.toString())));
    client.send("two\r\nlines");
    const [lines] = await once(server, "receive");
    assert.equal(lines, "two\r\nlines");

    // A terminator may occur inside a message: JSON can write any character in another way.
    client.socket.once("data", (bytes) => console.log("From the server:", JSON.stringify(bytes.toString())));
    server.send(socket, "not the <end> yet");
    const [text] = await once(client, "receive");
    assert.equal(text, "not the <end> yet");
    console.log("Both messages arrived in one piece");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
