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

    server.on("request", (request, response) => {
        const { a, b } = request.data ?? {}; // a client can send anything
        console.log("The server received:", request.data);
        if (typeof a !== "number" || typeof b !== "number") response.fail(new Error("Two numbers are needed"));
        else if (b === 0) response.fail(new Error("Division by zero"));
        else response.send(a / b);
    });
    const quotient = await client.ask({ a: 6, b: 3 });
    console.log("The response of the server:", quotient);
    assert.equal(quotient, 2);

    // The requester receives the message of the error. A handler that throws has the same effect, but the exception also
    // becomes an uncaught exception.
    await assert.rejects(client.ask({ a: 6, b: 0 }), (error) => {
        console.log(`The request has failed: ${error.message} (${error.code})`);
        return error.code === "ERR_REQUEST_FAILED" && error.message === "Division by zero";
    });

    // ask() resolves to the data. request() resolves to a stream of packets, with the class name.
    client.on("request", (request, response) => response.send(new Date(0)));
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
