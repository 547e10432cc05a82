// Who may connect? TLS checks that a client has the certificate it shows, and a session decides whether that is enough.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { generate } = require("selfsigned"); // makes certificates; only this example needs it
const Sockhop = require("sockhop");

class Member extends Sockhop.session {
    // Nothing has been read from the client yet: what it sends is worth nothing before we know who it is.
    async start() {
        this.name = this.sock.getPeerCertificate().subject.CN;
        // Look it up in a database, say. To throw means to refuse: the connection is closed, and never announced.
        if (this.name !== "Alice") throw new Error(`${this.name} may not come in`);
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
    const known = { requestCert: true, ca: [alice.cert, bob.cert] }; // or the authority that signs all of them
    const server = new Sockhop.server({ port: 0, ssl_options: { ...localhost, ...known }, session_type: Member });
    server.on("connect", (socket, session) => console.log(`${session.name} is connected`));
    server.on("error", ({ code, message }) => console.log("Refused:", code ?? message));
    await server.listen();
    const options = { port: server.get_bound_port() };

    // Mallory is stopped by TLS, Bob by the session. Both get as far as being connected: the client is done with its
    // part before the server has looked at the certificate. To be sure of being let in, wait for an answer.
    for (const stranger of [mallory, bob]) {
        const client = new Sockhop.client({ ...options, ssl_options: { ca: localhost.cert, ...stranger } });
        await Promise.all([once(client, "disconnect"), client.connect()]);
        assert.deepEqual(server.sessions, []);
    }

    const client = new Sockhop.client({ ...options, ssl_options: { ca: localhost.cert, ...alice } });
    server.on("request", (request, response, { session }) => response.send(`Welcome, ${session.name}`));
    await client.connect();
    const greeting = await client.ask("May I come in?");
    console.log("Alice is told:", greeting);
    assert.equal(greeting, "Welcome, Alice");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
