// A client of a cluster. It has a list of servers, and goes to the next one when its server stops.
//
//     node docs/examples/cluster/client.js 5001 5002 5003
"use strict";

const Sockhop = require("sockhop");
const { Counts } = require("./Counts.js");

class NumberClient {
    counts = new Counts();

    /** @param servers - such as `[{ port: 5001 }, { port: 5002 }]` */
    constructor(servers) {
        const client = new Sockhop.client({ servers, auto_reconnect_interval: 50 });
        this.client = client;
        client.on("connect", () => this.counts.connect());
        client.on("receive:welcome", ({ id }) => this.counts.welcome(id));
        client.on("receive:number", (value) => this.counts.receive(value));
        client.on("receive:missed", ({ from, count }) => this.counts.report(from, count));
    }

    async connect() {
        await this.client.connect();
        this.client.auto_reconnect = true;
    }

    disconnect() {
        return this.client.disconnect();
    }
}

async function main(ports) {
    const numbers = new NumberClient(ports.map((port) => ({ port: Number(port) })));
    const { client } = numbers;
    client.on("connect", () => console.log(`connected to port ${client.port}`));
    client.on("receive", (value, { type }) => console.log(type, value));
    client.on("disconnect", (socket, { code }) => console.log(`disconnected: ${code}`));
    await numbers.connect();
    process.once("SIGINT", () => numbers.disconnect()); // Ctrl-C
}

if (require.main === module) main(process.argv.slice(2));
module.exports = { NumberClient };
