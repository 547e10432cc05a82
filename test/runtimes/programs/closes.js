// Exchanges messages between its two ends, and closes both. No handles remain.
"use strict";

const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();
    client.ping(10);
    server.ping(10);
    server.on("request", () => undefined); // timeouts are pending at the close
    client.ask("q").catch(() => undefined);
    await client.send("a String");
    await client.disconnect();
    await server.close();
    console.log("closed");
}

main();
