import { expect } from "chai";
import { once } from "node:events";
import { type SockhopServer, SockhopSession } from "../../../src";
import { rejection } from "../../support/pair";
import { RESUME, cutOff, next, reasonOfEnd, resumable } from "../../support/resume";

describe("A graceful close with resume", () => {
    it("of a client waits over an interruption, which has no events any more", async () => {
        const { s, c } = await resumable();
        const events: string[] = [];
        for (const event of ["interrupted", "resumed", "disconnect"] as const) c.on(event, () => events.push(event));
        const received = next(s, "receive");
        const resumed = next(s, "resumed");
        const ended = reasonOfEnd(s);
        c.socket!.destroy();
        await next(c, "interrupted");
        const sent = c.send("kept");
        const flushed = c.flush();
        const closed = c.disconnect();
        expect(c.connected).to.equal(false);
        expect(c.socket).to.equal(null);
        await resumed;
        expect((await received)[0]).to.equal("kept");
        await Promise.all([sent, flushed, closed]);
        expect(await ended).to.have.property("code", "PEER_ENDED");
        expect(events).to.deep.equal(["interrupted", "disconnect"]);
    });

    for (const end of [
        (s: SockhopServer) => s.disconnect(),
        (s: SockhopServer) => s.sessions[0]!.kill(),
        (s: SockhopServer) => s.kill_socket(s.sockets[0]!),
    ]) {
        it(`of a server waits over an interruption: ${String(end)}`, async () => {
            const { s, c } = await resumable();
            const received = next(c, "receive");
            const ended = reasonOfEnd(c);
            const [session] = s.sessions;
            session!.sock.destroy();
            await next(s, "interrupted");
            void session!.send("kept");
            const closed = end(s);
            expect(s.sockets).to.deep.equal([]);
            await closed;
            expect((await received)[0]).to.equal("kept");
            expect(await ended).to.have.property("code", "PEER_ENDED");
            expect(session!.stats).to.include({ unacknowledged: 0, kept: 0 });
        });
    }

    for (const codec of ["json", "binary"] as const) {
        it(`loses nothing that the peer has not read when the socket is lost later, with the codec ${codec}`, async () => {
            const { s, c } = await resumable({ ...RESUME, codec });
            const [socket] = s.sockets;
            const values: unknown[] = [];
            s.on("receive", (value) => values.push(value));
            void s.sessions[0]!.send("ignored");
            socket!.pause();
            for (let n = 0; n < 100; n++) void c.send(n);
            const closed = c.disconnect();
            await new Promise(setImmediate);
            socket!.destroy();
            await closed;
            expect(values).to.deep.equal(Array.from({ length: 100 }, (_, n) => n));
        });
    }

    for (const codec of ["json", "binary"] as const) {
        it(`takes nothing more, also from a value or a handler that has closed the connection, with the codec ${codec}`, async () => {
            const sends: ((s: SockhopServer, session: SockhopSession, value: object) => Promise<unknown>)[] = [
                (_s, session, value) => session.send(value),
                (_s, session, value) => session.ask(value, { timeout: Infinity }),
                (_s, session, value) => session.request(value, { timeout: Infinity }).then((stream) => stream.all()),
                (s, _session, value) => s.sendall(value),
                (_s, session, value) =>
                    new Promise((resolve, failed) => {
                        session.send(value, resolve, { timeout: Infinity, failed }).catch(() => undefined);
                    }),
            ];
            for (const send of sends) {
                const { s, c } = await resumable({ ...RESUME, codec });
                const [session] = s.sessions;
                const received = next(c, "receive");
                const ended = reasonOfEnd(c);
                void session!.send("before");
                let closed: Promise<void> | undefined;
                const value = {
                    get a(): number {
                        closed ??= session!.kill();
                        return 1;
                    },
                };
                expect(await rejection(send(s, session!, value)), String(send))
                    .to.have.property("code")
                    .that.is.oneOf(["ERR_SOCKET_DESTROYED", "ERR_BROADCAST"]);
                expect((await received)[0]).to.equal("before");
                expect(await ended).to.have.property("code", "PEER_ENDED");
                await closed;
                expect(session!.stats).to.include({ unacknowledged: 0 });
            }
        });

        it(`fails a response of a handler that has closed the connection, with the codec ${codec}`, async () => {
            for (const how of ["send", "write", "fail"] as const) {
                const { s, c } = await resumable({ ...RESUME, codec });
                const [session] = s.sessions;
                let closed: Promise<void> | undefined;
                const response = new Promise((resolve, reject) => {
                    s.on("request", (_request, res) => {
                        void session!.send("before");
                        closed = session!.kill();
                        (how === "fail" ? res.fail(new Error("too late")) : res[how]("too late")).then(resolve, reject);
                    });
                });
                const asked = rejection(c.ask(1, { timeout: Infinity }));
                expect(await rejection(response)).to.have.property("code", "ERR_SOCKET_DESTROYED");
                expect(await asked).to.have.property("code", "ERR_SOCKET_DESTROYED");
                await closed;
                expect(session!.stats).to.include({ unacknowledged: 0 });
            }
        });
    }

    it("sends all that waits for acknowledgements", async () => {
        const { s, c } = await resumable({ ...RESUME, resume: { max_messages: 2 } });
        let count = 0;
        s.on("receive", () => (count += 1));
        for (let n = 0; n < 100; n++) {
            void c.send(n);
            await new Promise(setImmediate);
        }
        await c.disconnect();
        expect(count).to.equal(100);
    });

    it("ends after its timeout, and what was not acknowledged is rejected and counted", async () => {
        const { s, c } = await resumable();
        const interrupted = next(c, "interrupted");
        await cutOff(s);
        await interrupted;
        const lost = [c.send("lost"), c.flush()].map(rejection);
        await c.disconnect({ timeout: 50 });
        for (const error of await Promise.all(lost))
            expect(error).to.include({ code: "ERR_SOCKET_DESTROYED", unacknowledged: 1 });
        const [session] = s.sessions;
        void session!.send("lost, too");
        await s.disconnect({ timeout: 50 });
        expect(session!.stats.unacknowledged).to.equal(1);
    });

    it("can be shortened", async () => {
        const { s, c } = await resumable();
        await cutOff(s);
        const lost = rejection(c.send("lost"));
        const closed = c.disconnect({ timeout: Infinity });
        await c.disconnect({ timeout: 1 });
        await closed;
        expect(await lost).to.have.property("unacknowledged", 1);
    });

    it("ends when the session refuses, and starts no other", async () => {
        class Session extends SockhopSession {
            override resume(): boolean {
                return false;
            }
        }
        const { s, c } = await resumable({ ...RESUME, session_type: Session });
        let sessions = 0;
        s.on("connect", () => (sessions += 1));
        c.socket!.destroy();
        await next(c, "interrupted");
        const lost = rejection(c.send("lost"));
        await c.disconnect({ timeout: Infinity });
        expect(await lost).to.have.property("unacknowledged", 1);
        await s.close();
        expect(sessions).to.equal(0);
    });

    it("does not disturb the next connection of the client", async () => {
        const { s, c } = await resumable();
        const values: unknown[] = [];
        s.on("receive", (value) => values.push(value));
        c.socket!.destroy();
        await next(c, "interrupted");
        void c.send("old");
        const closed = c.disconnect();
        await c.connect();
        await closed;
        expect(values).to.deep.equal(["old"]);
        void c.send("new");
        await c.flush();
        expect(values).to.deep.equal(["old", "new"]);
        expect(c.connected).to.equal(true);
        c.socket!.destroy();
        await next(c, "resumed");
        expect(s.sessions).to.have.length(1);
    });

    it("ends at both ends if both close at the same time", async () => {
        const { s, c } = await resumable();
        for (let n = 0; n < 10; n++) {
            void c.send(n);
            void s.sessions[0]!.send(n);
        }
        const ended = Promise.all([reasonOfEnd(s), reasonOfEnd(c)]);
        await Promise.all([c.disconnect({ timeout: Infinity }), s.close({ timeout: Infinity })]);
        for (const { code } of await ended) expect(code).to.be.oneOf(["CLOSED", "PEER_ENDED"]);
    });

    it("of a server that stops listening ends at once when the socket is lost: nothing can be resumed", async () => {
        const { s, c } = await resumable({ ...RESUME, resume: { timeout: 50 } });
        const [session] = s.sessions;
        c.socket!.pause();
        void session!.send("lost");
        const closed = s.close({ timeout: Infinity });
        expect(s.sockets).to.deep.equal([]);
        c.socket!.destroy();
        await closed;
        expect(session!.stats.unacknowledged).to.equal(1);
    });

    it("of a server that stops listening does not wait for an interrupted connection with drain", async () => {
        const { s, c } = await resumable();
        c.handle("String", () => new Promise(() => undefined));
        const [session] = s.sessions;
        const asked = rejection(session!.ask("never answered", { timeout: Infinity }));
        await session!.flush();
        c.port = 1; // nothing listens there
        session!.sock.destroy();
        await next(s, "interrupted");
        await s.close({ drain: true, timeout: Infinity });
        expect(await asked).to.have.property("code", "ERR_SOCKET_DESTROYED");
    });

    it("of a server that stops listening waits with drain until the socket is lost, and no longer", async () => {
        const { s, c } = await resumable();
        c.handle("String", () => new Promise(() => undefined));
        const [session] = s.sessions;
        const asked = rejection(session!.ask("never answered", { timeout: Infinity }));
        await session!.flush();
        const ended = reasonOfEnd(s);
        const closed = s.close({ drain: true, timeout: Infinity });
        c.socket!.destroy();
        await closed;
        expect(await asked).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(await ended).to.have.property("code", "NOT_RESUMED");
    });

    it("keeps the process alive no longer than needed, and closes its sockets", async () => {
        const { s, c } = await resumable();
        const { socket } = c;
        void c.send("last");
        await c.disconnect();
        expect(socket!.closed).to.equal(true);
        if (s.sockets.length > 0) await once(s, "disconnect");
        expect(c.stats).to.include({ unacknowledged: 0, kept: 0, buffered: 0, connections: 0 });
    });

    for (const codec of ["json", "binary"] as const) {
        it(`does not acknowledge what it does not handle, also on the next socket, with the codec ${codec}`, async () => {
            const { s, c } = await resumable({ ...RESUME, codec });
            const [session] = s.sessions;
            c.once("receive", () => {
                void c.send("from the client");
                session!.sock.destroy();
                void c.disconnect();
            });
            for (let n = 0; n < 4; n++) void session!.send(n); // in the same frame of bytes
            await reasonOfEnd(s);
            expect(session!.stats.unacknowledged).to.be.at.least(3);
        });
    }
});
