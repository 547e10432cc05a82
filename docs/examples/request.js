// A request gets exactly one answer, or an error. Either end can ask the other.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

async function main() {
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    const [[socket]] = await Promise.all([once(server, "connect"), client.connect()]);

    // As long as nobody handles requests, who asks is told so.
    await assert.rejects(client.ask({ a: 2, b: 3 }), { code: "ERR_REQUEST_UNHANDLED" });
    console.log("Nobody answers yet");

    server.on("request", (request, response) => {
        const { a, b } = request.data ?? {}; // a client may send anything
        console.log("The server is asked:", request.data);
        if (typeof a !== "number" || typeof b !== "number") response.fail(new Error("Two numbers are needed"));
        else if (b === 0) response.fail(new Error("Nobody can divide by zero"));
        else response.send(a / b);
    });
    const quotient = await client.ask({ a: 6, b: 3 });
    console.log("The answer of the server:", quotient);
    assert.equal(quotient, 2);

    // A failure reaches the one who has asked, with its message. So it does when a handler throws; but that is taken for
    // a mistake in your program as well, and surfaces there as an exception that nobody has caught.
    await assert.rejects(client.ask({ a: 6, b: 0 }), (error) => {
        console.log(`The request has failed: ${error.message} (${error.code})`);
        return error.code === "ERR_REQUEST_FAILED" && error.message === "Nobody can divide by zero";
    });

    // ask() gives the data alone. With request() you get all there is to know, such as the name of the class.
    client.on("request", (request, response) => response.send(new Date(0)));
    const answer = await server.request(socket, "What time is it?");
    const { data, type } = await answer.next();
    console.log(`The answer of the client is a ${type}:`, data);
    assert.equal(type, "Date");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
