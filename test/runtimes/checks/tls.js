"use strict";

const assert = require("node:assert/strict");
const { generate } = require("selfsigned");
const { carriesBothWays, codeOf, event } = require("../Harness.js");

async function identity(name) {
    const subject = [{ name: "commonName", value: name }];
    const { private: key, cert } = await generate(subject, { keyType: "ec", algorithm: "sha256" });
    return { key, cert };
}

module.exports = {
    async "messages arrive over TLS in both directions, large ones too"(harness) {
        const localhost = await identity("localhost");
        const { server, client, socket } = await harness.pair(
            { ssl_options: localhost },
            { address: "localhost", ssl_options: { ca: localhost.cert } },
        );
        assert.equal(client.socket.authorized, true);
        await carriesBothWays(server, client, socket);
    },

    async "TLS rejects a certificate of an unknown authority"(harness) {
        const server = await harness.server({ ssl_options: await identity("localhost") });
        server.on("error", () => undefined);
        const client = harness.client(server, { address: "localhost", ssl: true });
        // The message depends on the runtime.
        assert.match(await codeOf(client.connect()), /^(DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/);
    },

    async "TLS accepts only clients with a certificate"(harness) {
        const [localhost, alice, mallory] = await Promise.all(["localhost", "Alice", "Mallory"].map(identity));
        const server = await harness.server({ ssl_options: { ...localhost, requestCert: true, ca: alice.cert } });
        const options = (who) => ({ address: "localhost", ssl_options: { ca: localhost.cert, ...who } });
        const refused = event(server, "error");
        const stranger = harness.client(server, options(mallory));
        const gone = event(stranger, "disconnect");
        // The client finishes its handshake before the server has checked the certificate, except with TLS 1.2.
        if ((await codeOf(stranger.connect())) === undefined) await gone;
        await refused;
        assert.deepEqual(server.sockets, []);

        const connected = event(server, "connect");
        await harness.client(server, options(alice)).connect();
        const [socket] = await connected;
        assert.equal(socket.getPeerCertificate().subject.CN, "Alice");
    },
};
