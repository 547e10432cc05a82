// Errors, and where they appear. Compare codes: messages can change, codes do not.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

/** Waits for a rejection with a code, and prints it. */
async function expectFailure(what, promise, code) {
    await assert.rejects(promise, { code });
    console.log(`${what}: ${code}`);
}

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const port = server.get_bound_port();
    const client = new Sockhop.client({ port });

    await expectFailure("Sending without a connection", client.send("hello?"), "ERR_SOCKET_DESTROYED");

    // Errors of the operating system are those of Node.js.
    await server.close();
    await expectFailure("Connecting without a server", client.connect(), "ECONNREFUSED");
    server.port = port;
    await server.listen();
    await client.connect();

    const snake = {};
    snake.tail = snake;
    await expectFailure("Sending a value that JSON cannot express", client.send(snake), "ERR_BAD_DATA");

    // Input of a peer cannot crash your program. An `error` listener receives the frames that were dropped.
    server.on("error", (error, socket) => {
        assert(server.sockets.includes(socket));
        assert.equal(error.code, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        console.log(`A peer sent an invalid frame: ${error.code}`);
    });
    client.socket.write("This is not JSON\n"); // bypasses the library
    await once(server, "error");

    client.send("The connection is still open");
    const [value] = await once(server, "receive");
    console.log("The server received:", value);
    assert.equal(value, "The connection is still open");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
