import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import {
    type ClientOptions,
    type ServerOptions,
    type SockhopClient,
    type SockhopServer,
    SockhopSession,
} from "../../src";
import { type Identity, authority, identity } from "../support/certificates";
import {
    announced,
    client,
    later,
    pair,
    placeOf,
    raw,
    rawServer,
    received,
    rejection,
    server,
    socketPath,
    warnings,
} from "../support/pair";

/** Large enough not to fit into what the system keeps for a socket. */
const LARGE = "é→😀".repeat(1_000_000);

/** First bytes of a ClientHello, which announce more than will ever follow. */
const BEGINNING = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);

/** Who refuses a client that shows no certificate, or a wrong one: in TLS 1.2 before the client counts as connected. */
const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

/** Whose certificate the peer has shown. */
function nameOf(socket: net.Socket): string {
    return String((socket as tls.TLSSocket).getPeerCertificate().subject.CN);
}

/** The names of the events of one end, with the codes of errors, as they come. */
function record(end: SockhopClient | SockhopServer): unknown[] {
    const log: unknown[] = [];
    end.on("connect", () => log.push("connect"));
    end.on("disconnect", () => log.push("disconnect"));
    end.on("error", (error: Error & { code?: string }) => log.push(error.code));
    return log;
}

/** The next error that a server reports. (`once` from node:events would reject with it.) */
async function reported(s: SockhopServer): Promise<[error: Error & { code?: string }, ...unknown[]]> {
    return new Promise((resolve) => s.once("error", (...args) => resolve(args)));
}

/** Waits for the end of a connection, whatever it is ended by. */
async function closing(socket: net.Socket): Promise<void> {
    return new Promise((resolve) => socket.resume().once("close", () => resolve()));
}

/** How many connections the system holds for a server, whatever their state. */
async function held(s: SockhopServer): Promise<number> {
    return new Promise((resolve, reject) => {
        s.server.getConnections((error, count) => {
            if (error) reject(error);
            else resolve(count);
        });
    });
}

describe("TLS", () => {
    let ca: Identity;
    /** Of a server on this machine. */
    let own: Identity;
    let selfSigned: Identity;
    /** For clients. */
    let alice: Identity;
    let mallory: Identity;

    before(async () => {
        const stranger = await authority("Another authority");
        ca = await authority();
        [own, selfSigned, alice, mallory] = await Promise.all([
            identity("Server", undefined, ca),
            identity("Server"),
            identity("Alice", [], ca),
            identity("Alice", [], stranger),
        ]);
    });

    /** A server that shows its certificate, and listens. That handshakes fail is no surprise to it. */
    async function secureServer(options: tls.TlsOptions = {}, more: ServerOptions = {}): Promise<SockhopServer> {
        const s = server({ ...more, ssl_options: { ...own, ...options } });
        s.on("error", () => undefined);
        await s.listen();
        return s;
    }

    /** A client that knows our authority. */
    function secureClient(
        s: SockhopServer,
        options: tls.ConnectionOptions = {},
        more: ClientOptions = {},
    ): SockhopClient {
        return client({ ...placeOf(s), ...more, ssl_options: { ca: ca.cert, ...options } });
    }

    /** Both, connected. */
    async function securePair(options: ServerOptions = {}): ReturnType<typeof pair> {
        return pair({ ...options, ssl_options: own }, { ssl_options: { ca: ca.cert } });
    }

    for (const [where, place] of [
        ["TCP", () => ({})],
        ["a Unix domain socket", () => ({ path: socketPath() })],
    ] as const) {
        describe(`over ${where}`, () => {
            it("passes values, callbacks and requests, in both directions", async () => {
                const { s, c, socket } = await securePair(place());
                for (const end of [socket, c.socket]) expect(end).to.be.instanceOf(tls.TLSSocket);
                for (const end of [s, c]) {
                    end.on("receive", (value: number, { callback }: { callback?: (answer: unknown) => void }) => {
                        callback?.(value * 2);
                    });
                    end.on(
                        "request",
                        (request: { data: number }, response: { send(value: unknown): Promise<void> }) => {
                            void response.send(request.data * 3);
                        },
                    );
                }

                const atServer = received(s, 1);
                await c.send({ up: true });
                expect(await atServer).to.deep.equal([{ up: true }]);
                const atClient = received(c, 1);
                await s.sendall("down");
                expect(await atClient).to.deep.equal(["down"]);

                expect(await new Promise((resolve) => void c.send(1, resolve))).to.equal(2);
                expect(await new Promise((resolve) => void s.send(socket, 2, resolve))).to.equal(4);
                expect(await c.ask(3)).to.equal(9);
                expect(await s.ask(socket, 4)).to.equal(12);
            });

            it("sends nothing in the clear", async () => {
                const s = await secureServer({}, place());
                const wire: Buffer[] = [];
                const tap = net.createServer((near) => {
                    const { path, port } = placeOf(s);
                    const far = path ? net.connect(path) : net.connect(port!, "127.0.0.1");
                    for (const [from, to] of [
                        [near, far],
                        [far, near],
                    ] as const) {
                        from.on("data", (chunk) => wire.push(chunk)).on("error", () => to.destroy());
                        from.pipe(to);
                    }
                });
                tap.listen(0, "127.0.0.1");
                await once(tap, "listening");
                later(() => tap.close());
                const c = secureClient(s, {}, { path: null, port: (tap.address() as net.AddressInfo).port });
                const arrived = received(s, 1);
                await c.connect();
                await c.send("a secret");
                expect(await arrived).to.deep.equal(["a secret"]);
                const bytes = Buffer.concat(wire);
                expect(bytes.length).to.be.greaterThan(500);
                expect(bytes.includes("secret")).to.equal(false);
            });
        });
    }

    describe("turned on", () => {
        it("by ssl alone", async () => {
            const c = client({ ...placeOf(await secureServer()), ssl: true });
            expect(await rejection(c.connect())).to.have.property("code", "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
        });

        it("by a single member of ssl_options", async () => {
            const c = client({ ...placeOf(await secureServer()), ssl_options: { rejectUnauthorized: false } });
            await c.connect();
            expect(c.socket).to.be.instanceOf(tls.TLSSocket);
            expect(c.socket).to.have.property("authorized", false);
        });

        it("not by ssl_options without a member", async () => {
            const { c } = await pair({ ssl_options: {} });
            expect(c.socket).to.not.be.instanceOf(tls.TLSSocket);
        });

        it("without a change to the options that were given", async () => {
            const options = Object.freeze({ ...own });
            const s = server({ ssl_options: options });
            await s.listen();
            await secureClient(s).connect();
            expect(options).to.deep.equal(own);
        });
    });

    it("ends a connection whose peer ends it, also with allowHalfOpen", async () => {
        const s = await secureServer({ allowHalfOpen: true });
        const { port, address } = placeOf(s) as { port: number; address: string };
        const accepted = once(s, "connect");
        const peer = tls.connect({ port, host: address, ca: ca.cert, servername: "localhost" });
        later(() => peer.destroy());
        peer.on("error", () => undefined);
        const [socket] = (await accepted) as [net.Socket];
        const gone = once(s, "disconnect");
        peer.end();
        expect((await gone)[0]).to.equal(socket);
    });

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

        it("is waited for by what is sent meanwhile", async () => {
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

        it("can be called off by disconnect()", async () => {
            let reached!: () => void;
            const hello = new Promise<void>((resolve) => (reached = resolve));
            const mute = await rawServer((socket) => socket.once("data", reached));
            const c = client({ ...mute, ssl: true });
            const connecting = rejection(c.connect());
            await hello;
            await c.disconnect();
            expect(await connecting).to.have.property("code", "ERR_ABORTED");
        });

        it("that the server cuts short is an error of Node", async () => {
            const resetting = await rawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
            expect(await rejection(client({ ...resetting, ssl: true }).connect())).to.have.property(
                "code",
                "ECONNRESET",
            );
            const ending = await rawServer((socket) => socket.once("data", () => socket.end()));
            expect(await rejection(client({ ...ending, ssl: true }).connect())).to.have.property("code", "ECONNRESET");
        });

        it("that the client cuts short is an error event of the server, and concerns nobody else", async () => {
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

        it("has its time limit on the server, which then closes the connection", async () => {
            const s = await secureServer({ handshakeTimeout: 50 });
            const socket = await raw(s);
            const closed = closing(socket);
            const [error, ...about] = await reported(s);
            expect(error).to.have.property("code", "ERR_TLS_HANDSHAKE_TIMEOUT");
            expect(about).to.deep.equal([null, null]);
            await closed;
            expect(await held(s)).to.equal(0);
        });

        it("has that time limit also with a client that trickles", async () => {
            const s = await secureServer({ handshakeTimeout: 100 });
            const socket = await raw(s);
            socket.write(BEGINNING);
            const trickle = setInterval(() => socket.write("\0"), 20);
            later(() => {
                clearInterval(trickle);
            });
            const closed = closing(socket);
            expect((await reported(s))[0]).to.have.property("code", "ERR_TLS_HANDSHAKE_TIMEOUT");
            await closed;
        });

        it("may have no time limit", async () => {
            const s = await secureServer({ handshakeTimeout: Infinity });
            await secureClient(s).connect();
        });

        it("does not hold up close()", async () => {
            const s = await secureServer();
            const log = record(s);
            const { port } = placeOf(s);
            const socket = await raw(s);
            socket.write(BEGINNING);
            const another = announced(s, 1);
            await secureClient(s).connect();
            await another;
            expect(await held(s)).to.equal(2);

            const closed = closing(socket);
            await s.close(); // the time limit is ten seconds, and so is that of this test
            await closed;
            expect(log).to.not.include("ECONNRESET"); // it is we who have cut it
            s.port = port!;
            await s.listen();
            await secureClient(s).connect();
        });

        it("that would end after close() does not end", async () => {
            // In TLS 1.3 the client is done first: it is connected while the server has not announced it.
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

    describe("certificate of the server", () => {
        it("is checked, unless told otherwise", async () => {
            const s = await secureServer(selfSigned);
            const log = record(s);
            expect(await rejection(secureClient(s).connect())).to.have.property("code", "DEPTH_ZERO_SELF_SIGNED_CERT");
            const c = secureClient(s, { rejectUnauthorized: false });
            await Promise.all([new Promise((resolve) => s.once("connect", resolve)), c.connect()]);
            expect(log.filter((entry) => entry === "connect")).to.have.length(1);
        });

        it("may be one that it has signed itself, when the client knows it", async () => {
            const s = await secureServer(selfSigned);
            await secureClient(s, { ca: selfSigned.cert }).connect();
        });

        it("needs an authority that the client knows", async () => {
            const s = await secureServer({ cert: `${own.cert}\n${ca.cert}` });
            const c = client({ ...placeOf(s), ssl: true });
            expect(await rejection(c.connect())).to.have.property("code", "SELF_SIGNED_CERT_IN_CHAIN");
            expect([c.connected, c.socket]).to.deep.equal([false, null]);
            await secureClient(s).connect();
        });

        it("must be good for the host", async () => {
            const s = await secureServer(await identity("Elsewhere", ["elsewhere.example"], ca));
            expect(await rejection(secureClient(s).connect())).to.have.property("code", "ERR_TLS_CERT_ALTNAME_INVALID");
            await secureClient(s, { servername: "elsewhere.example" }).connect();
            await secureClient(s, { checkServerIdentity: () => undefined }).connect();
        });

        it("must be good for localhost on a Unix domain socket", async () => {
            const elsewhere = await identity("Elsewhere", ["elsewhere.example"], ca);
            const s = await secureServer(elsewhere, { path: socketPath() });
            expect(await rejection(secureClient(s).connect())).to.have.property("code", "ERR_TLS_CERT_ALTNAME_INVALID");
        });

        for (const version of VERSIONS) {
            it(`is checked before anything goes out (${version})`, async () => {
                const s = await secureServer({ ...selfSigned, maxVersion: version });
                s.on("receive", (value) => expect.fail(`The server has received ${String(value)}`));
                const c = secureClient(s);
                const connecting = c.connect().catch((error: unknown) => (error as Error & { code: string }).code);
                // In each turn of the handshake.
                while (c.socket !== null) {
                    c.send("a secret").catch(() => undefined);
                    await new Promise(setImmediate);
                }
                expect(await connecting).to.equal("DEPTH_ZERO_SELF_SIGNED_CERT");
                // What it had sent would be here before another client is.
                const good = client({ ...placeOf(s), ssl_options: { ca: selfSigned.cert } });
                const another = announced(s, 1);
                await good.connect();
                await another;
            });
        }

        it("may depend on the name that the client asks for", async () => {
            const names: string[] = [];
            const other = tls.createSecureContext(await identity("Other", ["other.example"], ca));
            const s = await secureServer({
                SNICallback: (name, done) => {
                    names.push(name);
                    done(null, name === "other.example" ? other : undefined);
                },
            });
            for (const [servername, subject] of [
                ["other.example", "Other"],
                ["localhost", "Server"],
            ]) {
                const c = secureClient(s, { servername: servername! });
                await c.connect();
                expect(nameOf(c.socket!)).to.equal(subject);
            }
            expect(names).to.deep.equal(["other.example", "localhost"]);
        });
    });

    describe("certificate of the client", () => {
        /** Of a server that lets in whom our authority knows. */
        const strict = (): tls.TlsOptions => ({ requestCert: true, ca: ca.cert });

        it("lets it in, and tells its session who it is", async () => {
            class Named extends SockhopSession {
                name = "";

                override start(): void {
                    this.name = nameOf(this.sock);
                }
            }
            const s = await secureServer(strict(), { session_type: Named });
            const c = secureClient(s, alice);
            const [[, session]] = await Promise.all([once(s, "connect") as Promise<[unknown, Named]>, c.connect()]);
            expect(session.name).to.equal("Alice");
        });

        it("is looked at by start(), which may refuse the connection", async () => {
            class Selective extends SockhopSession {
                override start(): void {
                    if (nameOf(this.sock) !== "Bob") throw new Error(`We do not want ${nameOf(this.sock)}`);
                }
            }
            const s = await secureServer(strict(), { session_type: Selective });
            const log = record(s);
            const refused = reported(s);
            const c = secureClient(s, alice);
            const ended = once(c, "disconnect");
            await c.connect();
            const [error, socket, session] = await refused;
            expect(error.message).to.equal("We do not want Alice");
            expect(socket).to.be.instanceOf(tls.TLSSocket);
            expect(session).to.be.instanceOf(Selective);
            await ended;
            const bob = secureClient(s, await identity("Bob", [], ca));
            await Promise.all([once(s, "connect"), bob.connect()]);
            expect(log).to.deep.equal([undefined, "connect"]);
        });

        it("is optional with rejectUnauthorized: false, and authorized tells whether it is good", async () => {
            const s = await secureServer({ ...strict(), rejectUnauthorized: false });
            const seen: unknown[] = [];
            s.on("connect", (socket) => seen.push((socket as tls.TLSSocket).authorized));
            for (const shown of [alice, mallory, {}]) {
                await Promise.all([once(s, "connect"), secureClient(s, shown).connect()]);
            }
            expect(seen).to.deep.equal([true, false, false]);
        });

        for (const [which, shown, code] of [
            ["no certificate", () => ({}), "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE"],
            ["a certificate of somebody else", () => mallory, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
        ] as const) {
            for (const version of VERSIONS) {
                it(`keeps out a client with ${which} (${version})`, async () => {
                    const s = await secureServer({ ...strict(), maxVersion: version });
                    const log = record(s);
                    const c = secureClient(s, shown());
                    const atClient = record(c);
                    const report = reported(s);
                    const disconnected = new Promise((resolve) => c.once("disconnect", resolve));
                    if (version === "TLSv1.2") {
                        await rejection(c.connect());
                        expect(atClient).to.deep.equal([]);
                    } else {
                        // The client has done its part before the server looks at the certificate. Its refusal comes later.
                        await c.connect();
                        c.send("Here I am").catch(() => undefined);
                        await disconnected;
                        expect([atClient[0], atClient.at(-1)]).to.deep.equal(["connect", "disconnect"]);
                    }
                    const [error, ...about] = await report;
                    expect([error.code, ...about]).to.deep.equal([code, null, null]);

                    const good = secureClient(s, alice);
                    const arrived = received(s, 1);
                    await good.connect();
                    await good.send("The server goes on");
                    expect(await arrived).to.deep.equal(["The server goes on"]);
                    expect(log).to.deep.equal([code, "connect"]);
                });
            }
        }

        it("that is missing lets auto_reconnect pause, as any other refusal does", async () => {
            const s = await secureServer(strict());
            const c = secureClient(s, {}, { auto_reconnect_interval: 30_000 });
            c.on("error", () => undefined);
            const [attempt, delay] = await new Promise<unknown[]>((resolve) => {
                c.on("reconnecting", (...args) => resolve(args));
                c.auto_reconnect = true;
            });
            expect([attempt, delay]).to.deep.equal([2, 30_000]);
        });
    });

    describe("with a peer that does not speak it", () => {
        it("a server reports the client, closes the connection and goes on", async () => {
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

        it("a server to whose errors nobody listens warns once", async () => {
            const heard = warnings();
            const s = server({ ssl_options: own });
            await s.listen();
            for (let i = 0; i < 3; i++) {
                const socket = await raw(s);
                socket.end("in the clear\n");
                await closing(socket);
            }
            await new Promise(setImmediate);
            expect(heard.map(({ code }) => code)).to.deep.equal(["ERR_SSL_WRONG_VERSION_NUMBER"]);
        });

        it("a client rejects when the server says something", async () => {
            const s = server();
            await s.listen();
            s.on("error", () => undefined); // a ClientHello is no JSON
            s.on("connect", () => void s.sendall("Welcome"));
            const c = client({ ...placeOf(s), ssl: true });
            expect(await rejection(c.connect())).to.have.property("code", "ERR_SSL_WRONG_VERSION_NUMBER");
        });

        it("a client gives up after connect_timeout when the server is silent", async () => {
            const { s, c } = await pair();
            const log = record(s);
            const secure = client({ ...placeOf(s), ssl: true, connect_timeout: 100 });
            const gone = new Promise((resolve) => s.once("disconnect", resolve));
            expect(await rejection(secure.connect())).to.have.property("code", "ERR_CONNECT_TIMEOUT");
            await gone;
            // To the server a handshake is an unknown language, and the client another one that comes and goes.
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

    describe("at the end", () => {
        it("disconnect() lets large data out first", async () => {
            const { s, c } = await securePair();
            const arrived = received(s, 2);
            c.send(LARGE).catch(() => undefined);
            c.send("last").catch(() => undefined);
            await c.disconnect();
            expect(await arrived).to.satisfy(([large, last]: unknown[]) => large === LARGE && last === "last");
        });

        it("close() and kill_socket() let large data out first", async () => {
            for (const how of ["close", "kill_socket"] as const) {
                const { s, c, socket } = await securePair();
                const arrived = received(c, 2);
                s.send(socket, LARGE).catch(() => undefined);
                s.send(socket, "last").catch(() => undefined);
                await (how === "close" ? s.close() : s.kill_socket(socket));
                expect(await arrived).to.satisfy(([large, last]: unknown[]) => large === LARGE && last === "last");
            }
        });

        it("close() after kill_socket() does not cut short what is still going out", async () => {
            const { s, c, socket } = await securePair();
            const arrived = received(c, 1);
            s.send(socket, LARGE).catch(() => undefined);
            await Promise.all([s.kill_socket(socket), s.close()]);
            expect(await arrived).to.satisfy(([large]: unknown[]) => large === LARGE);
        });

        it("a connection that breaks is a disconnect on both sides, and no error", async () => {
            const { s, c, socket } = await securePair();
            const [atServer, atClient] = [record(s), record(c)];
            const gone = [once(s, "disconnect"), once(c, "disconnect")];
            socket.destroy();
            await Promise.all(gone);
            expect([atServer, atClient]).to.deep.equal([["disconnect"], ["disconnect"]]);
        });

        it("the server can listen again, and auto_reconnect finds it", async () => {
            const s = await secureServer();
            const { port } = placeOf(s);
            const c = secureClient(s, {}, { auto_reconnect: true, auto_reconnect_interval: 10 });
            await Promise.all([once(s, "connect"), once(c, "connect")]);
            for (let round = 0; round < 2; round++) {
                await Promise.all([s.close(), once(c, "disconnect")]);
                s.port = port!;
                await Promise.all([s.listen(), once(s, "connect"), once(c, "connect")]);
                const arrived = received(s, 1);
                await c.send(round);
                expect(await arrived).to.deep.equal([round]);
            }
        });
    });

    it("a key that is none is an error of Node: thrown on the server, a rejection on the client", async () => {
        const ssl_options = { key: "rubbish", cert: "rubbish" };
        expect(() => server({ ssl_options }))
            .to.throw()
            .with.property("code")
            .that.matches(/^ERR_OSSL_/);
        const error = await rejection(client({ ...placeOf(await secureServer()), ssl_options }).connect());
        expect(error.code).to.match(/^ERR_OSSL_/);
    });
});
