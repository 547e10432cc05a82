// With TLS nobody on the way can read or change what is sent, and the client knows that it has reached the right server.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { generate } = require("selfsigned"); // makes certificates; only this example needs it
const Sockhop = require("sockhop");

async function main() {
    // A real server has got its certificate from an authority, and reads both from files.
    const subject = [{ name: "commonName", value: "localhost" }];
    const { private: key, cert } = await generate(subject, { keyType: "ec", algorithm: "sha256" });

    const server = new Sockhop.server({ port: 0, ssl_options: { key, cert } }); // as for tls.createServer() of Node
    // Optional: clients that do not get as far as being connected.
    server.on("error", (error) => console.log("The server has lost a client in its handshake:", error.code));
    await server.listen();
    const port = server.get_bound_port();

    // `ssl: true` is all a client needs for a certificate of a well-known authority. This one was signed by nobody.
    const careful = new Sockhop.client({ port, ssl: true });
    await assert.rejects(careful.connect(), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    console.log("The client does not trust just any certificate");

    // Here it is told which one to trust. Any other option of tls.connect() can stand here too.
    const client = new Sockhop.client({ port, ssl_options: { ca: cert } });
    // (once() from Node would also end at an error event, and of those there may be one at this moment.)
    const accepted = new Promise((resolve) => server.on("connect", resolve));
    await Promise.all([accepted, client.connect()]);
    console.log("Connected by", client.socket.getProtocol(), "to", client.socket.getPeerCertificate().subject.CN);
    assert.equal(client.socket.authorized, true);

    // All the rest is as it is without TLS.
    client.send("For your eyes only");
    const [value] = await once(server, "receive");
    console.log("The server received:", value);
    assert.equal(value, "For your eyes only");

    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
