// Requests: one response or an error, in both directions.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    const [[socket]] = await Promise.all([once(server, "connect"), client.connect()]);

    // A request without a handler fails.
    await assert.rejects(client.ask({ a: 2, b: 3 }), { code: "ERR_REQUEST_UNHANDLED" });
    console.log("The server has no handler yet");

    // The result of a handler is the response. "Object" is the type of plain objects.
    server.handle("Object", ({ a, b }) => {
        console.log("The server received:", { a, b });
        if (typeof a !== "number" || typeof b !== "number") throw new Error("Two numbers are needed");
        if (b === 0) throw Object.assign(new Error("Division by zero"), { code: "E_ZERO" });
        return a / b;
    });
    server.on("error", ({ message }) => console.log("At the server:", message)); // optional: for a log
    const quotient = await client.ask({ a: 6, b: 3 });
    console.log("The response of the server:", quotient);
    assert.equal(quotient, 2);

    // The requester receives the error of the handler.
    await assert.rejects(client.ask({ a: 6, b: 0 }), ({ code, message, remote }) => {
        console.log(`The request has failed: ${message} (${code}, there ${remote.code})`);
        return code === "ERR_REQUEST_FAILED" && message === "Division by zero" && remote.code === "E_ZERO";
    });

    // ask() resolves to the data. request() resolves to a stream of packets, with the class name.
    client.handle("String", () => new Date(0));
    const stream = await server.request(socket, "What time is it?");
    const { data, type } = await stream.next();
    console.log(`The response of the client is a ${type}:`, data);
    assert.equal(type, "Date");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
