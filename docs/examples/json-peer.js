// JSON peers: a server for programs in any language that write and read lines of JSON.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const net = require("node:net");
const readline = require("node:readline");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({
        port: 0,
        peer_type: "json", // no envelope around the values
        allow_non_objects: true, // a line that is not JSON is received as a string, and strings can be sent
    });
    server.on("receive", (value, meta) => {
        console.log(`The server received, as ${meta.type}:`, value);
        server.send(meta.socket, meta.type === "String" ? value.toUpperCase() : { ...value, seen: true });
    });
    await server.listen();

    const device = net.connect(server.get_bound_port(), "127.0.0.1"); // a plain socket of Node.js
    const lines = readline.createInterface({ input: device });

    device.write('{"temperature":21.5}\n');
    const [reading] = await once(lines, "line");
    console.log("The device received the line", reading);
    assert.equal(reading, '{"temperature":21.5,"seen":true}');

    device.write("hello\n");
    const [greeting] = await once(lines, "line");
    console.log("The device received the line", greeting);
    assert.equal(greeting, '"HELLO"');

    device.end();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
