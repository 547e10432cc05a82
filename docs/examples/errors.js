// What can go wrong, and where you see it. Tell errors apart by their code: messages may change, codes do not.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

/** Waits for a promise to be rejected, and says with what. */
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

    // Errors of the system come as Node has made them.
    await server.close();
    await expectFailure("Connecting where nobody listens", client.connect(), "ECONNREFUSED");
    server.port = port;
    await server.listen();
    await client.connect();

    const snake = {};
    snake.tail = snake;
    await expectFailure("Sending what JSON cannot express", client.send(snake), "ERR_BAD_DATA");

    // What a peer sends cannot make your program fail. An `error` listener sees what had to be skipped.
    server.on("error", (error, socket) => {
        assert(server.sockets.includes(socket));
        assert.equal(error.code, "ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        console.log(`A peer sent garbage: ${error.code}`);
    });
    client.socket.write("This is not JSON\n"); // past the library
    await once(server, "error");

    client.send("The connection is as good as before");
    const [value] = await once(server, "receive");
    console.log("The server received:", value);
    assert.equal(value, "The connection is as good as before");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
