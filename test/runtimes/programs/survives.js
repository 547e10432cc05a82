// Destroys its connection during a large transfer, and handles no promise.
"use strict";

const Sockhop = require("sockhop");

const server = new Sockhop.server({ port: 0 });
const client = new Sockhop.client();

server.on("error", () => undefined); // a partial message is reported
server.on("disconnect", () => {
    server.close();
    console.log("survived");
});

async function main() {
    const connected = new Promise((resolve) => server.on("connect", resolve));
    await server.listen();
    client.port = server.get_bound_port();
    await client.connect();
    const socket = await connected;
    client.socket.pause();
    server.sendall("x".repeat(1e7));
    server.send(socket, "behind it");
    client.send("x".repeat(1e7));
    client.socket.resetAndDestroy();
    client.send("nobody has noticed yet");
    client.request("so is this");
}

main();
