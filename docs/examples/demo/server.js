// The server of the demo, in its own process. It reports its address, receives the messages of the clients, and sends all
// packages to all clients on a command of the parent.
"use strict";

const Sockhop = require("sockhop");
const { Inbox, transfer } = require("./transfer.js");

const address = JSON.parse(process.argv[2]); // { port } or { path }
const server = new Sockhop.server(address);
const clients = new Map(); // socket → name of the client, and its inbox

server.on("connect", (socket) => {
    clients.set(socket, { name: undefined, inbox: new Inbox() });
});
server.on("disconnect", (socket) => {
    clients.delete(socket);
});
server.on("receive", (value, meta) => {
    const client = clients.get(meta.socket);
    if (meta.type === "Hello") client.name = value?.name;
    else client.inbox.receive(value, meta);
});

/** Calls one client. */
function call(socket, value) {
    return new Promise((resolve, reject) => {
        server.send(socket, value, resolve).catch(reject);
    });
}

/** Sends all packages to all clients, and returns one transfer for each. */
async function broadcast(rounds) {
    const receivers = [...clients];
    const calls = receivers.map(
        ([socket]) =>
            (value) =>
                call(socket, value),
    );
    const { sent, arrived, seconds } = await transfer(rounds, (value) => server.sendall(value), calls);
    return receivers.map(([, { name }], index) => {
        return { from: "server", to: name, sent, arrived: arrived[index], seconds };
    });
}

async function start() {
    await server.listen();
    process.send(["listening", address.path ? address : { port: server.get_bound_port() }]);
}

process.on("message", async (rounds) => {
    process.send(["done", await broadcast(rounds)]);
});
// The parent disconnects to stop this process, or has exited. Without a server this process exits too.
process.once("disconnect", () => {
    server.close();
});
start();
