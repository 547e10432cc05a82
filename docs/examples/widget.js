// Objects: a server sends an instance of a class to all clients, and it arrives with its class name.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

class Widget {
    name = "sprocket";
    price = 12.5;
}

async function main() {
    const server = new Sockhop.server({ port: 0 }); // 0 means a free port
    await server.listen();
    const port = server.get_bound_port();

    const clients = [new Sockhop.client({ port }), new Sockhop.client({ port })];
    for (const client of clients) {
        // connect() resolves when the client is connected. The event occurs when the server has accepted it.
        await Promise.all([client.connect(), once(server, "connect")]);
    }

    const arrivals = Promise.all(clients.map((client) => once(client, "receive")));
    await server.sendall(new Widget());

    for (const [value, meta] of await arrivals) {
        console.log(`A client received a ${meta.type}:`, value);
        assert.equal(meta.type, "Widget");
        // The message has the class name and the data as JSON, not the class.
        assert.deepEqual(value, { name: "sprocket", price: 12.5 });
    }

    for (const client of clients) await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
