// An object goes in at one end and comes out at the other ends, with the name of its class.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

class Widget {
    name = "sprocket";
    price = 12.5;
}

async function main() {
    const server = new Sockhop.server({ port: 0 }); // 0 means: any port that is free
    await server.listen();
    const port = server.get_bound_port();

    const clients = [new Sockhop.client({ port }), new Sockhop.client({ port })];
    for (const client of clients) {
        // connect() tells when the client is connected; the event tells when the server knows it, and will send to it.
        await Promise.all([client.connect(), once(server, "connect")]);
    }

    const arrivals = Promise.all(clients.map((client) => once(client, "receive")));
    await server.sendall(new Widget());

    for (const [value, meta] of await arrivals) {
        console.log(`A client received a ${meta.type}:`, value);
        assert.equal(meta.type, "Widget");
        // What travels is JSON: the name of the class and the data, but not the class itself.
        assert.deepEqual(value, { name: "sprocket", price: 12.5 });
    }

    for (const client of clients) await client.disconnect();
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
