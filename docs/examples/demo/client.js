// A client of the demo, a process of its own. It connects by itself, again and again if need be, receives what the server
// sends, and sends all packages to the server when the parent says so.
"use strict";

const Sockhop = require("sockhop");
const { Inbox, transfer } = require("./transfer.js");

/** Tells the server who has connected. */
class Hello {
    name;

    constructor(name) {
        this.name = name;
    }
}

const place = JSON.parse(process.argv[2]); // { port } or { path }
const name = process.argv[3];
// What is sent while the server is away waits for it.
const client = new Sockhop.client({ ...place, auto_reconnect_interval: 25, queue: true });
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

/** Puts a question to the server. */
function ask(question) {
    return new Promise((resolve, reject) => {
        client.send(question, resolve).catch(reject);
    });
}

/** Sends all packages to the server, and reports the transfer. */
async function upload(rounds) {
    const { sent, arrived, seconds } = await transfer(rounds, (value) => client.send(value), [ask]);
    return [{ from: name, to: "server", sent, arrived: arrived[0], seconds }];
}

process.on("message", async (rounds) => {
    process.send(["done", await upload(rounds)]);
});
// The parent wants us to end, or has vanished. Without the connection nothing is left that keeps this process alive.
process.once("disconnect", () => {
    client.disconnect();
});
client.auto_reconnect = true;
