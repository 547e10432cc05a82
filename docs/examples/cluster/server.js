// A server of a cluster. It sends numbers to the clients of all servers.
//
//     node docs/examples/cluster/server.js 5001 redis://127.0.0.1
//     node docs/examples/cluster/server.js 5002 redis://127.0.0.1
"use strict";

const { once } = require("node:events");
const Sockhop = require("sockhop");
const { engineOf } = require("./engines.js");

class NumberServer {
    number = 0;

    /**
     * @param engine - joins the servers
     * @param port - 0 for a free one
     */
    constructor(engine, port = 0) {
        this.server = new Sockhop.server({ port, cluster: engine });
        this.cluster = this.server.cluster;
        this.server.on("connect", (socket, session) => {
            session.send({ id: this.cluster.id }, null, { type: "welcome" });
        });
        // Values of another server did not reach this one. Its clients learn from whom, and how many.
        this.cluster.on("missed", ({ id }, count) => {
            this.server.sendall({ from: id, count }, { type: "missed", local: true });
        });
        // The engine does not work: the clients of this server get everything, those of other servers do not.
        this.cluster.on("degraded", () => undefined);
    }

    /** Returns the port. */
    async listen() {
        await this.server.listen();
        return this.server.get_bound_port();
    }

    /** Waits for a state of the cluster: "joined" or "degraded". */
    async reaches(state) {
        if (this.cluster.state !== state) await once(this.cluster, state);
    }

    /** Waits until the cluster has this number of servers. */
    async hasMembers(count) {
        while (this.cluster.members.length < count) await once(this.cluster, "join");
    }

    /** Sends a number in each interval, in milliseconds. */
    start(interval) {
        this.timer = setInterval(() => this.send(), interval);
    }

    /** Sends a number to all clients. */
    send(last = false) {
        this.number += 1;
        // Without the engine the promise rejects. That needs no handler here: `degraded` reports it, once.
        this.server.sendall({ from: this.cluster.id, number: this.number, last }, { type: "number" });
    }

    /** Sends the last number. Returns the id of this server. */
    stop() {
        clearInterval(this.timer);
        this.send(true);
        return this.cluster.id;
    }

    close() {
        clearInterval(this.timer);
        return this.server.close();
    }
}

async function main([port = "5001", url]) {
    const numbers = new NumberServer(engineOf(url), Number(port));
    for (const event of ["joined", "degraded", "join", "leave", "missed"]) {
        numbers.cluster.on(event, (about, more = "") => console.log(event, about?.id ?? about?.message ?? "", more));
    }
    console.log(`listening on port ${await numbers.listen()}`);
    numbers.start(1000);
    process.once("SIGINT", () => numbers.close()); // Ctrl-C
}

if (require.main === module) main(process.argv.slice(2));
module.exports = { NumberServer };
