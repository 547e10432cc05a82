// Sessions: a server has one object of your class for each connection, with the state of that client.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

class Visit extends Sockhop.session {
    pages = [];

    // The server awaits start() before it emits connect: load the data of the client here.
    start() {
        console.log("A visit starts");
    }

    // Runs once, after the connection has closed.
    end() {
        console.log("A visit ends. Pages seen:", this.pages.join(", ") || "none");
    }

    see(page) {
        this.pages.push(page);
        return this.send(`This is page ${page}, your number ${this.pages.length}`);
    }
}

async function main() {
    const server = new Sockhop.server({ port: 0, session_type: Visit });
    // Each handler gets the session. A client may send anything.
    server.on("receive", (page, { session }) => {
        if (typeof page === "string") session.see(page);
    });
    await server.listen();

    const clients = [];
    for (const pages of [["home", "map"], ["news"]]) {
        const client = new Sockhop.client({ port: server.get_bound_port() });
        const [[, session]] = await Promise.all([once(server, "connect"), client.connect()]);
        assert(session instanceof Visit);
        for (const page of pages) {
            client.send(page);
            const [reply] = await once(client, "receive");
            console.log("A client received:", reply);
        }
        clients.push(client);
    }

    // `sessions` lists all sessions, oldest first.
    assert.deepEqual(
        server.sessions.map(({ pages }) => pages),
        [["home", "map"], ["news"]],
    );

    for (const client of clients) await Promise.all([client.disconnect(), once(server, "disconnect")]);
    assert.deepEqual(server.sessions, []);
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
