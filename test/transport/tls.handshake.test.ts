import { expect } from "chai";
import { once } from "node:events";
import type tls from "node:tls";

import { announced, client, later, placeOf, raw, rawServer, received, rejection, server } from "../support/pair";
import { warnings } from "../support/rejections";
import { reported, closed } from "../support/events";
import { ca, record, held, own, secureServer, secureClient } from "../support/tls";

/** First bytes of a ClientHello that announce more bytes than ever follow. */
const BEGINNING = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);

describe("TLS", () => {
    describe("handshake", () => {
        it("precedes connect, on both ends", async () => {
            const s = await secureServer();
            const c = secureClient(s);
            const log: unknown[] = [];
            s.server.on("connection", () => log.push("accepted"));
            s.server.on("secureConnection", () => log.push("secured"));
            const ready = new Promise<void>((resolve) => {
                s.on("connect", (socket) => {
                    log.push(["server", (socket as tls.TLSSocket).getProtocol()]);
                    resolve();
                });
            });
            c.on("connect", (socket) => expect((socket as tls.TLSSocket).authorized).to.equal(true));
            await Promise.all([c.connect(), ready]);
            expect(log).to.deep.equal(["accepted", "secured", ["server", "TLSv1.3"]]);
        });

        it("delays messages that are sent during the handshake", async () => {
            const s = await secureServer();
            const arrived = received(s, 1);
            const c = secureClient(s);
            const connecting = c.connect();
            while (!c.socket) await new Promise(setImmediate);
            const sent = c.send("early");
            expect(c.connected).to.equal(false);
            await Promise.all([connecting, sent]);
            expect(await arrived).to.deep.equal(["early"]);
        });

        it("counts towards connect_timeout", async () => {
            const mute = await rawServer();
            const c = client({ ...mute, ssl: true, connect_timeout: 50 });
            expect(await rejection(c.connect())).to.have.property("code", "ERR_CONNECT_TIMEOUT");
            expect([c.connected, c.socket]).to.deep.equal([false, null]);
        });

        it("can be aborted by disconnect()", async () => {
            let reached!: () => void;
            const hello = new Promise<void>((resolve) => (reached = resolve));
            const mute = await rawServer((socket) => socket.once("data", reached));
            const c = client({ ...mute, ssl: true });
            const connecting = rejection(c.connect());
            await hello;
            await c.disconnect();
            expect(await connecting).to.have.property("code", "ERR_ABORTED");
        });

        it("rejects with an error of node when the server closes it", async () => {
            const resetting = await rawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
            expect(await rejection(client({ ...resetting, ssl: true }).connect())).to.have.property(
                "code",
                "ECONNRESET",
            );
            const ending = await rawServer((socket) => socket.once("data", () => socket.end()));
            expect(await rejection(client({ ...ending, ssl: true }).connect())).to.have.property("code", "ECONNRESET");
        });

        it("causes an error event of the server when the client closes it, and affects no other client", async () => {
            const s = await secureServer();
            const log = record(s);
            const c = secureClient(s);
            await Promise.all([once(s, "connect"), c.connect()]);
            for (const cut of ["resetAndDestroy", "end"] as const) {
                const socket = await raw(s);
                const error = reported(s);
                socket.write(BEGINNING, () => socket[cut]());
                const [{ code }, ...about] = await error;
                expect([code, ...about]).to.deep.equal(["ECONNRESET", null, null]);
            }
            expect(log).to.deep.equal(["connect", "ECONNRESET", "ECONNRESET"]);
            const arrived = received(s, 1);
            await c.send("untouched");
            expect(await arrived).to.deep.equal(["untouched"]);
        });

        it("has a timeout on the server, which then closes the connection", async () => {
            const s = await secureServer({ handshakeTimeout: 50 });
            const socket = await raw(s);
            const ended = closed(socket);
            const [error, ...about] = await reported(s);
            expect(error).to.have.property("code", "ERR_TLS_HANDSHAKE_TIMEOUT");
            expect(about).to.deep.equal([null, null]);
            await ended;
            expect(await held(s)).to.equal(0);
        });

        it("has the same timeout for a client that sends slowly", async () => {
            const s = await secureServer({ handshakeTimeout: 100 });
            const socket = await raw(s);
            socket.write(BEGINNING);
            const trickle = setInterval(() => socket.write("\0"), 20);
            later(() => {
                clearInterval(trickle);
            });
            const ended = closed(socket);
            expect((await reported(s))[0]).to.have.property("code", "ERR_TLS_HANDSHAKE_TIMEOUT");
            await ended;
        });

        it("may have no timeout", async () => {
            const s = await secureServer({ handshakeTimeout: Infinity });
            await secureClient(s).connect();
        });

        it("does not delay close()", async () => {
            const s = await secureServer();
            const log = record(s);
            const { port } = placeOf(s);
            const socket = await raw(s);
            socket.write(BEGINNING);
            const another = announced(s, 1);
            await secureClient(s).connect();
            await another;
            expect(await held(s)).to.equal(2);

            const ended = closed(socket);
            await s.close(); // the handshake timeout is ten seconds, and so is that of this test
            await ended;
            expect(log).to.not.include("ECONNRESET"); // this end has closed the connection
            s.port = port!;
            await s.listen();
            await secureClient(s).connect();
        });

        it("is aborted by close()", async () => {
            // In TLS 1.3 the client finishes first: it is connected before the server emits connect.
            const s = await secureServer();
            const c = secureClient(s);
            const cut = once(c, "disconnect");
            await c.connect();
            s.on("connect", () => expect.fail("The server was closed before"));
            await s.close();
            await cut;
            expect(s.sockets).to.deep.equal([]);
        });
    });

    describe("with a peer without TLS", () => {
        it("is reported by a server, which closes the connection and continues", async () => {
            const s = await secureServer();
            const log = record(s);
            const c = secureClient(s);
            await Promise.all([new Promise((resolve) => s.once("connect", resolve)), c.connect()]);

            const plain = client(placeOf(s));
            const ended = once(plain, "disconnect");
            const report = reported(s);
            await plain.connect();
            plain.send("in the clear").catch(() => undefined);
            const [error, ...about] = await report;
            expect([error.code, ...about]).to.deep.equal(["ERR_SSL_WRONG_VERSION_NUMBER", null, null]);
            expect(error.message).to.include("the client does not use TLS").and.include("wrong version number");
            expect(error.stack).to.include(error.message);
            await ended;

            const arrived = received(s, 1);
            await c.send("encrypted");
            expect(await arrived).to.deep.equal(["encrypted"]);
            expect(log).to.deep.equal(["connect", "ERR_SSL_WRONG_VERSION_NUMBER"]);
        });

        it("is named if it is an HTTP client, or if the server has no certificate", async () => {
            const s = await secureServer();
            const report = reported(s);
            (await raw(s)).write("GET / HTTP/1.1\r\n\r\n");
            expect((await report)[0].message).to.include("HTTP request without TLS");

            warnings();
            const bare = server({ ssl: true });
            await bare.listen();
            const failed = reported(bare);
            const error = await rejection(client({ ...placeOf(bare), ssl: true }).connect());
            expect(error.message).to.include("has it a certificate?");
            expect((await failed)[0].message).to.include("the server has no certificate");
        });

        it("is named if it is a client without a certificate", async () => {
            const s = await secureServer({ ca: ca.cert, requestCert: true });
            const report = reported(s);
            secureClient(s)
                .connect()
                .catch(() => undefined);
            expect((await report)[0].message).to.match(/^A TLS handshake failed: the client sent no certificate/);
        });

        it("is named if ssl_options have the name of a file", async () => {
            const ssl_options = { key: "key.pem", cert: "cert.pem" };
            const text = /contents of PEM files, not their names$/;
            const code = "ERR_OSSL_PEM_NO_START_LINE";
            expect(() => server({ ssl_options }))
                .to.throw(text)
                .with.property("code", code);
            const error = await rejection(client({ port: 1, ssl_options }).connect());
            expect(error.message).to.match(text);
            expect(error).to.have.property("code", code);
        });

        it("causes one warning of a server without an error listener", async () => {
            const heard = warnings();
            const s = server({ ssl_options: own });
            await s.listen();
            for (let i = 0; i < 3; i++) {
                const socket = await raw(s);
                socket.end("in the clear\n");
                await closed(socket);
            }
            await new Promise(setImmediate);
            expect(heard.map(({ code }) => code)).to.deep.equal(["ERR_SSL_WRONG_VERSION_NUMBER"]);
        });

        it("rejects on a client when the server sends data, and names the mistake", async () => {
            const { port } = await rawServer((socket) => socket.write("Welcome\n"));
            const error = await rejection(client({ port, ssl: true }).connect());
            expect(error).to.have.property("code", "ERR_SSL_WRONG_VERSION_NUMBER");
            expect(error.message).to.include("the server does not use TLS");
        });

        it("rejects on a client at once if the server is sockhop, and both ends name the mistake", async () => {
            const s = server();
            await s.listen();
            const report = reported(s);
            const error = await rejection(client({ ...placeOf(s), ssl: true }).connect());
            expect(error).to.have.property("code", "ECONNRESET");
            expect(error.message).to.include("does it use TLS?");
            const [refused] = await report;
            expect(refused).to.have.property("code", "ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
            expect(refused.message).to.include("the peer uses TLS, and this end does not");
        });

        it("rejects on a client after connect_timeout when the server is silent", async () => {
            const { port } = await rawServer();
            const secure = client({ port, ssl: true, connect_timeout: 100 });
            expect(await rejection(secure.connect())).to.have.property("code", "ERR_CONNECT_TIMEOUT");
        });
    });

    it("fails with an error of node for an invalid key: thrown on the server, a rejection on the client", async () => {
        const ssl_options = { key: "rubbish", cert: "rubbish" };
        expect(() => server({ ssl_options }))
            .to.throw()
            .with.property("code")
            .that.matches(/^ERR_OSSL_/);
        const error = await rejection(client({ ...placeOf(await secureServer()), ssl_options }).connect());
        expect(error.code).to.match(/^ERR_OSSL_/);
    });
});
