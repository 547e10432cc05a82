// One of several processes with the same name: prints its role, and ends when all of them have connected.
"use strict";

const Sockhop = require("sockhop");

const [name, count] = process.argv.slice(2);

Sockhop.listen_or_connect({ name }).then(({ server, client }) => {
    if (client) {
        console.log("client");
        client.on("receive", () => client.disconnect());
        client.send("here I am");
        return;
    }
    console.log("server");
    let met = 1;
    server.on("receive", () => {
        met += 1;
        if (met < count) return;
        server.sendall("all are here");
        server.close();
    });
});
