// Unix domain sockets: programs on the same computer use a path instead of a port.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const Sockhop = require("sockhop");

async function main() {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-example-"));
    const options = { path: path.join(directory, "example.sock") };
    try {
        const server = new Sockhop.server(options);
        await server.listen();
        assert(fs.existsSync(options.path));
        console.log("The server listens on", path.basename(options.path));

        const client = new Sockhop.client(options);
        await client.connect();
        client.send({ hello: "server" });
        const [value] = await once(server, "receive");
        console.log("The server received", value);
        assert.deepEqual(value, { hello: "server" });

        await client.disconnect();
        await server.close();
        assert(!fs.existsSync(options.path));
        console.log("The server is closed, and the socket file is removed");
    } finally {
        fs.rmSync(directory, { recursive: true });
    }
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
