// Talks to itself, closes both ends, and then has nothing left to do.
"use strict";

const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();
    client.ping(10);
    server.ping(10);
    server.on("request", () => undefined); // time limits are running when all is closed
    client.ask("q").catch(() => undefined);
    await client.send("a String");
    await client.disconnect();
    await server.close();
    console.log("closed");
}

main();
