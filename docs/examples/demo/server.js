// The server of the demo, a process of its own. It tells its parent where it listens, receives what the clients send, and
// sends all packages to all clients when the parent says so.
"use strict";

const fs = require("node:fs");
const Sockhop = require("sockhop");
const { Inbox, transfer } = require("./transfer.js");

const place = JSON.parse(process.argv[2]); // { port } or { path }
const server = new Sockhop.server(place);
const clients = new Map(); // for each socket the name of the client, and what it has sent us

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

/** Puts a question to one client. */
function ask(socket, question) {
    return new Promise((resolve, reject) => {
        server.send(socket, question, resolve).catch(reject);
    });
}

/** Sends all packages to everybody, and reports one transfer for each client. */
async function broadcast(rounds) {
    const receivers = [...clients];
    const asking = receivers.map(
        ([socket]) =>
            (question) =>
                ask(socket, question),
    );
    const { sent, arrived, seconds } = await transfer(rounds, (value) => server.sendall(value), asking);
    return receivers.map(([, { name }], index) => {
        return { from: "server", to: name, sent, arrived: arrived[index], seconds };
    });
}

async function start() {
    // A server that was killed leaves its socket file behind, and nobody can listen where there is a file.
    if (place.path) fs.rmSync(place.path, { force: true });
    await server.listen();
    process.send(["listening", place.path ? place : { port: server.get_bound_port() }]);
}

process.on("message", async (rounds) => {
    process.send(["done", await broadcast(rounds)]);
});
// The parent wants us to end, or has vanished. With the server closed nothing is left that keeps this process alive.
process.once("disconnect", () => {
    server.close();
});
start();
