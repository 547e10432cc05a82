// Resume: the connection is destroyed again and again during a transfer. Nothing is lost, and nothing arrives twice.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const net = require("node:net");
const Sockhop = require("sockhop");

const COUNT = 20_000;
const CUT_AFTER = 2000; // numbers

/** Session of a client. It outlives its socket. */
class Receiver extends Sockhop.session {
    numbers = [];
}

/** Forwards connections to a port. `cut()` destroys them, with the bytes that are in transit. */
async function badNetwork(port) {
    const sockets = new Set();
    const cut = () => sockets.forEach((socket) => socket.destroy());
    const proxy = net.createServer((near) => {
        const far = net.connect(port, "127.0.0.1");
        near.pipe(far).pipe(near);
        for (const socket of [near, far]) {
            sockets.add(socket);
            socket.on("error", () => undefined);
            socket.on("close", () => {
                sockets.delete(socket);
                near.destroy();
                far.destroy();
            });
        }
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    return { proxy, cut };
}

async function main() {
    const server = new Sockhop.server({ port: 0, resume: true, session_type: Receiver });
    server.on("receive:Number", (number, { session }) => session.numbers.push(number));
    server.handle("report", (_, { session }) => session.numbers);
    await server.listen();
    const { proxy, cut } = await badNetwork(server.get_bound_port());

    const { port } = proxy.address();
    const client = new Sockhop.client({ port, resume: true, auto_reconnect_interval: 20 }); // milliseconds
    client.on("disconnect", (socket, { code }) => console.log(`The connection has ended: ${code}`));
    await client.connect();

    for (let n = 1; n <= COUNT; n++) {
        await client.send(n); // waits while too much is not acknowledged
        if (n % CUT_AFTER === 0) cut();
    }
    await client.flush(); // the server has received all numbers
    const { interruptions, replayed } = client.stats;
    console.log(`The client sent ${COUNT} numbers, with ${interruptions} interruptions`);
    console.log(`It sent ${replayed} of them again`);
    assert(interruptions > 0);

    const numbers = await client.ask({}, { type: "report" });
    const expected = Array.from({ length: COUNT }, (_, index) => index + 1);
    assert.deepEqual(numbers, expected);
    console.log(`The server received ${numbers.length} numbers, each once and in order`);

    await client.disconnect();
    await server.close();
    proxy.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
