// TLS: encrypts the connection, and authenticates the server.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { generate } = require("selfsigned"); // makes certificates; only this example needs it
const Sockhop = require("sockhop");

async function main() {
    // A real server has a certificate of an authority, and reads both from files.
    const subject = [{ name: "commonName", value: "localhost" }];
    const { private: key, cert } = await generate(subject, { keyType: "ec", algorithm: "sha256" });

    const server = new Sockhop.server({ port: 0, ssl_options: { key, cert } }); // options of tls.createServer()
    // Optional: reports clients whose handshake fails.
    server.on("error", (error) => console.log("The handshake of a client has failed:", error.code));
    await server.listen();
    const port = server.get_bound_port();

    // `ssl: true` is enough for a certificate of a public authority. This certificate is self-signed.
    const careful = new Sockhop.client({ port, ssl: true });
    await assert.rejects(careful.connect(), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    console.log("The client rejects an unknown certificate");

    // `ca` is the certificate to trust. All options of tls.connect() are possible.
    const client = new Sockhop.client({ port, ssl_options: { ca: cert } });
    // (once() of node:events would reject on the error event of the other client.)
    const accepted = new Promise((resolve) => server.on("connect", resolve));
    await Promise.all([accepted, client.connect()]);
    console.log("Connected by", client.socket.getProtocol(), "to", client.socket.getPeerCertificate().subject.CN);
    assert.equal(client.socket.authorized, true);

    // Everything else works as without TLS.
    client.send("secret");
    const [value] = await once(server, "receive");
    console.log("The server received:", value);
    assert.equal(value, "secret");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
