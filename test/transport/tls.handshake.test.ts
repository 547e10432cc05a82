import { expect } from "chai";
import { once } from "node:events";
import type tls from "node:tls";

import { announced, client, later, pair, placeOf, raw, rawServer, received, rejection, server } from "../support/pair";
import { warnings } from "../support/rejections";
import { reported, closed } from "../support/events";
import { record, held, own, secureServer, secureClient } from "../support/tls";

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
            await ended;

            const arrived = received(s, 1);
            await c.send("encrypted");
            expect(await arrived).to.deep.equal(["encrypted"]);
            expect(log).to.deep.equal(["connect", "ERR_SSL_WRONG_VERSION_NUMBER"]);
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

        it("rejects on a client when the server sends data", async () => {
            const s = server();
            await s.listen();
            s.on("error", () => undefined); // a ClientHello is not JSON
            s.on("connect", () => void s.sendall("Welcome"));
            const c = client({ ...placeOf(s), ssl: true });
            expect(await rejection(c.connect())).to.have.property("code", "ERR_SSL_WRONG_VERSION_NUMBER");
        });

        it("rejects on a client after connect_timeout when the server is silent", async () => {
            const { s, c } = await pair();
            const log = record(s);
            const secure = client({ ...placeOf(s), ssl: true, connect_timeout: 100 });
            const gone = new Promise((resolve) => s.once("disconnect", resolve));
            expect(await rejection(secure.connect())).to.have.property("code", "ERR_CONNECT_TIMEOUT");
            await gone;
            // The server receives invalid frames instead of a handshake, and clients connect and close.
            expect(new Set(log)).to.deep.equal(new Set(["connect", "ERR_OBJECTBUFFER_BAD_BUFFER_DATA", "disconnect"]));
            const arrived = new Promise((resolve) => {
                s.on("receive", (value) => {
                    if (value === "untouched") resolve(value);
                });
            });
            await c.send("untouched");
            await arrived;
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
