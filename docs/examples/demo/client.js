// A client of the demo, in its own process. It reconnects automatically, receives the messages of the server, and sends all
// packages to the server on a command of the parent.
"use strict";

const Sockhop = require("sockhop");
const { Inbox, transfer } = require("./transfer.js");

/** The first message of a client, with its name. */
class Hello {
    name;

    constructor(name) {
        this.name = name;
    }
}

const address = JSON.parse(process.argv[2]); // { port } or { path }
const name = process.argv[3];
// The queue keeps messages while the client is disconnected.
const client = new Sockhop.client({ ...address, auto_reconnect_interval: 25, queue: true });
const inbox = new Inbox();
let lostAt;

client.on("connect", () => {
    client.send(new Hello(name));
    process.send(["connect", lostAt && performance.now() - lostAt]);
});
client.on("disconnect", () => {
    lostAt = performance.now();
    if (process.connected) process.send(["disconnect"]);
});
client.on("receive", (value, meta) => {
    inbox.receive(value, meta);
});

/** Calls the server. */
function call(value) {
    return new Promise((resolve, reject) => {
        client.send(value, resolve).catch(reject);
    });
}

/** Sends all packages to the server, and reports the transfer. */
async function upload(rounds) {
    const { sent, arrived, seconds } = await transfer(rounds, (value) => client.send(value), [call]);
    return [{ from: name, to: "server", sent, arrived: arrived[0], seconds }];
}

process.on("message", async (rounds) => {
    process.send(["done", await upload(rounds)]);
});
// The parent disconnects to stop this process, or has exited. Without a connection this process exits too.
process.once("disconnect", () => {
    client.disconnect();
});
client.auto_reconnect = true;
