// Client certificates: TLS verifies the certificate of a client, and a session accepts or refuses the client.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { generate } = require("selfsigned"); // makes certificates; only this example needs it
const Sockhop = require("sockhop");

class Member extends Sockhop.session {
    // The server reads nothing from the client before start() has resolved.
    async start() {
        this.name = this.sock.getPeerCertificate().subject.CN;
        // A real server could query a database here. An exception refuses the connection, without a connect event.
        if (this.name !== "Alice") throw new Error(`${this.name} is not a member`);
    }
}

async function certificate(name) {
    const subject = [{ name: "commonName", value: name }];
    const { private: key, cert } = await generate(subject, { keyType: "ec", algorithm: "sha256" });
    return { key, cert };
}

async function main() {
    const [localhost, alice, bob, mallory] = await Promise.all(
        ["localhost", "Alice", "Bob", "Mallory"].map(certificate),
    );
    const known = { requestCert: true, ca: [alice.cert, bob.cert] }; // or the authority that signed them
    const server = new Sockhop.server({ port: 0, ssl_options: { ...localhost, ...known }, session_type: Member });
    server.on("connect", (socket, session) => console.log(`${session.name} is connected`));
    server.on("error", ({ code, message }) => console.log("Refused:", code ?? message));
    await server.listen();
    const options = { port: server.get_bound_port() };

    // TLS refuses Mallory, and the session refuses Bob. Both connect first: a client completes its handshake before the
    // server checks the certificate. To confirm that the server has accepted a client, wait for a reply.
    for (const refused of [mallory, bob]) {
        const client = new Sockhop.client({ ...options, ssl_options: { ca: localhost.cert, ...refused } });
        await Promise.all([once(client, "disconnect"), client.connect()]);
        assert.deepEqual(server.sessions, []);
    }

    const client = new Sockhop.client({ ...options, ssl_options: { ca: localhost.cert, ...alice } });
    server.on("request", (request, response, { session }) => response.send(`Welcome, ${session.name}`));
    await client.connect();
    const greeting = await client.ask("hello");
    console.log("Alice received:", greeting);
    assert.equal(greeting, "Welcome, Alice");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
