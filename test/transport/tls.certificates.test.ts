import { expect } from "chai";
import { once } from "node:events";
import tls from "node:tls";
import { SockhopSession } from "../../src";
import { identity } from "../support/certificates";
import { announced, client, placeOf, received, rejection, socketPath } from "../support/pair";
import { reported } from "../support/events";
import {
    VERSIONS,
    nameOf,
    record,
    ca,
    own,
    selfSigned,
    alice,
    mallory,
    secureServer,
    secureClient,
} from "../support/tls";

describe("TLS", () => {
    describe("certificate of the server", () => {
        it("is checked by default", async () => {
            const s = await secureServer(selfSigned);
            const log = record(s);
            expect(await rejection(secureClient(s).connect())).to.have.property("code", "DEPTH_ZERO_SELF_SIGNED_CERT");
            const c = secureClient(s, { rejectUnauthorized: false });
            await Promise.all([new Promise((resolve) => s.once("connect", resolve)), c.connect()]);
            expect(log.filter((entry) => entry === "connect")).to.have.length(1);
        });

        it("may be self-signed if the client knows it", async () => {
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

        it("must be valid for the host", async () => {
            const s = await secureServer(await identity("Elsewhere", ["elsewhere.example"], ca));
            expect(await rejection(secureClient(s).connect())).to.have.property("code", "ERR_TLS_CERT_ALTNAME_INVALID");
            await secureClient(s, { servername: "elsewhere.example" }).connect();
            await secureClient(s, { checkServerIdentity: () => undefined }).connect();
        });

        it("must be valid for localhost on a Unix domain socket", async () => {
            const elsewhere = await identity("Elsewhere", ["elsewhere.example"], ca);
            const s = await secureServer(elsewhere, { path: socketPath() });
            expect(await rejection(secureClient(s).connect())).to.have.property("code", "ERR_TLS_CERT_ALTNAME_INVALID");
        });

        for (const version of VERSIONS) {
            it(`is checked before the client sends data (${version})`, async () => {
                const s = await secureServer({ ...selfSigned, maxVersion: version });
                s.on("receive", (value) => expect.fail(`The server has received ${String(value)}`));
                const c = secureClient(s);
                const connecting = c.connect().catch((error: unknown) => (error as Error & { code: string }).code);
                // In each tick of the handshake.
                while (c.socket !== null) {
                    c.send("a secret").catch(() => undefined);
                    await new Promise(setImmediate);
                }
                expect(await connecting).to.equal("DEPTH_ZERO_SELF_SIGNED_CERT");
                // Its data would have arrived before another client connects.
                const good = client({ ...placeOf(s), ssl_options: { ca: selfSigned.cert } });
                const another = announced(s, 1);
                await good.connect();
                await another;
            });
        }

        it("may depend on the server name in the handshake of the client", async () => {
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
        /** A server that accepts the certificates of our authority only. */
        const strict = (): tls.TlsOptions => ({ requestCert: true, ca: ca.cert });

        it("is required, and available to the session", async () => {
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

        it("is available to start(), which may refuse the connection", async () => {
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

        it("is optional with rejectUnauthorized: false, and authorized is true for a valid one", async () => {
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
                it(`must be valid: the server refuses a client with ${which} (${version})`, async () => {
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
                        // The client completes its handshake before the server checks the certificate. The refusal arrives later.
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

        it("causes a reconnect delay if it is missing, like any other refusal", async () => {
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
});
