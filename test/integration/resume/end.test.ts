import { expect } from "chai";
import { once } from "node:events";
import { type Socket, createServer } from "node:net";
import { type SockhopClient, type SockhopServer, SockhopSession } from "../../../src";
import { client, later, placeOf, rejection, server } from "../../support/pair";
import { RESUME, cut, cutOff, next, reasonOfEnd, resumable } from "../../support/resume";

describe("An interrupted connection", () => {
    it("ends at both ends after the timeout, with the number of unacknowledged messages", async () => {
        const { s, c } = await resumable({ ...RESUME, resume: { timeout: 80 } });
        const ended = Promise.all([reasonOfEnd(s), reasonOfEnd(c)]);
        const interrupted = next(c, "interrupted");
        await cutOff(s);
        await interrupted;
        const sent = [rejection(c.send(1)), rejection(c.ask(2)), rejection(c.flush())];
        const failed = new Promise<{ code?: string }>(
            (resolve) => void c.send(3, () => undefined, { failed: resolve }),
        );
        for (const { code, error } of await ended) {
            expect(code).to.equal("NOT_RESUMED");
            expect(error).to.have.property("code", "ERR_NOT_RESUMED");
            expect(error!.cause).to.be.an("error");
        }
        expect((await ended)[1].error).to.have.property("unacknowledged", 3);
        for (const error of [...(await Promise.all(sent)), await failed]) {
            expect(error).to.include({ code: "ERR_SOCKET_DESTROYED", unacknowledged: 3 });
        }
        expect(c.connected).to.equal(false);
        expect(s.sockets).to.deep.equal([]);
    });

    it("accepts messages meanwhile, and stays in the lists", async () => {
        const { s, c } = await resumable({ ...RESUME, resume: { timeout: 60 } });
        const [session] = s.sessions;
        const ended = reasonOfEnd(s);
        await cutOff(s);
        expect(s.sessions).to.deep.equal([session]);
        void session!.send("kept");
        expect(session!.buffered).to.be.above(0);
        expect(c.connected).to.equal(true);
        await ended;
        expect(s.sessions).to.deep.equal([]);
    });

    for (const refuse of [
        (): unknown => false,
        (): unknown => Promise.resolve(false),
        (): unknown => Promise.reject(new Error("no")),
        (): unknown => {
            throw new Error("no");
        },
    ]) {
        it(`is followed by a new one if the session refuses: ${String(refuse).replace(/\s+/g, " ")}`, async () => {
            class Session extends SockhopSession {
                override resume(): unknown {
                    return refuse();
                }
            }
            const { s, c } = await resumable({ ...RESUME, session_type: Session }, { ...RESUME, auto_reconnect: true });
            s.on("error", () => undefined);
            const ended = reasonOfEnd(c);
            const connected = once(c, "connect");
            const accepted = next(s, "connect");
            c.socket!.destroy();
            expect(await ended).to.have.property("code", "NOT_RESUMED");
            await connected;
            await accepted;
            expect(c.connected).to.equal(true);
            expect(c.resumable).to.equal(true);
            const received = next(s, "receive");
            await c.send("over the new one");
            expect((await received)[0]).to.equal("over the new one");
            await s.close();
        });
    }

    it("is followed by a new one if the server was restarted, which gets what is sent then", async () => {
        const first = server(RESUME);
        await first.listen();
        const port = first.get_bound_port()!;
        const c = client({ ...RESUME, port, auto_reconnect: true, queue: true });
        await once(c, "connect");
        const order: string[] = [];
        for (const event of ["interrupted", "disconnect", "connect"] as const) c.on(event, () => order.push(event));
        await c.flush();
        await kill(first);
        const second = server({ ...RESUME, port });
        await second.listen();
        const received = next(second, "receive");
        await once(c, "connect");
        await c.send("new");
        expect((await received)[0]).to.equal("new");
        expect(order).to.deep.equal(["interrupted", "disconnect", "connect"]);
    });

    it("ends without a new one if the client does not reconnect, and the server starts no session", async () => {
        const first = server(RESUME);
        await first.listen();
        const port = first.get_bound_port()!;
        const c = client({ ...RESUME, port });
        await c.connect();
        await c.flush();
        const ended = reasonOfEnd(c);
        await kill(first);
        const second = server({ ...RESUME, port });
        let sessions = 0;
        second.on("connect", () => (sessions += 1));
        await second.listen();
        expect(await ended).to.have.property("code", "NOT_RESUMED");
        expect(c.socket).to.equal(null);
        await second.close();
        expect(sessions).to.equal(0);
    });

    it("ends at once when the client disconnects with { timeout: 0 }, and its promises settle", async () => {
        const { s, c } = await resumable(RESUME);
        const interrupted = next(c, "interrupted");
        await cutOff(s);
        await interrupted;
        const lost = rejection(c.send("lost"));
        const ended = reasonOfEnd(c);
        await c.disconnect({ timeout: 0 });
        expect(await ended).to.have.property("code", "CLOSED");
        expect(await lost).to.include({ code: "ERR_SOCKET_DESTROYED", unacknowledged: 1 });
        expect(c.socket).to.equal(null);
    });

    it("ends at once when c.socket = null during an attempt to resume, whose socket closes, too", async () => {
        const { s, c } = await resumable(RESUME);
        const port = s.get_bound_port()!;
        await cutOff(s);
        const silent = createServer((socket) => socket.resume());
        later(() => silent.close());
        silent.listen(port, "127.0.0.1");
        const [attempt] = (await once(silent, "connection")) as [Socket];
        later(() => attempt.destroy());
        const ended = reasonOfEnd(c);
        const closed = once(attempt, "close");
        c.socket = null;
        await closed;
        expect(await ended).to.have.property("code", "CLOSED");
    });

    for (const end of [
        (s: SockhopServer) => s.close(),
        (s: SockhopServer) => s.disconnect(),
        (s: SockhopServer) => s.sessions[0]!.kill(),
        (s: SockhopServer) => s.kill_socket(s.sockets[0]!),
    ]) {
        it(`ends at once at the server: ${String(end)}`, async () => {
            const { s } = await resumable(RESUME);
            await cutOff(s);
            const ended = reasonOfEnd(s);
            await end(s);
            expect((await ended).code).to.be.oneOf(["CLOSED", "KILLED"]);
            expect(s.sockets).to.deep.equal([]);
        });
    }

    it("is closed instead of suspended above max_suspended", async () => {
        const { s } = await resumable({ ...RESUME, max_suspended: 1 }, RESUME);
        const second = client({ ...RESUME, ...placeOf(s) });
        const accepted = next(s, "connect");
        await second.connect();
        await accepted;
        await cutOff(s);
        const ended = reasonOfEnd(s);
        s.sockets[1]!.destroy();
        expect(await ended).to.have.property("code", "NOT_RESUMED");
        expect(s.sockets).to.have.length(1);
    });

    it("leaves nothing behind when it has ended: neither a place in max_suspended, nor a token", async () => {
        let asked = 0;
        class Asked extends SockhopSession {
            override resume(): void {
                asked += 1;
            }
        }
        const { s, c } = await resumable(
            { ...RESUME, max_suspended: 1, session_type: Asked },
            { ...RESUME, auto_reconnect: true },
        );
        s.once("interrupted", () => s.sessions[0]!.kill());
        const connected = [next(s, "connect"), next(c, "connect")];
        s.sockets[0]!.destroy();
        await Promise.all(connected);
        await c.flush();
        expect(asked).to.equal(0);
        for (const times of [1, 2]) {
            const resumed = Promise.all([next(s, "resumed"), next(c, "resumed")]);
            s.sockets[0]!.destroy();
            await resumed;
            expect(asked).to.equal(times);
        }
    });

    it("counts in max_connections", async () => {
        const { s } = await resumable(
            { ...RESUME, max_connections: 1 },
            { ...RESUME, auto_reconnect_interval: 60_000 },
        );
        s.sockets[0]!.destroy();
        await next(s, "interrupted");
        const errors: unknown[] = [];
        const refused = new Promise<void>((resolve) => s.on("error", (error) => resolve(void errors.push(error))));
        const other = client({ ...placeOf(s) });
        await other.connect();
        await refused;
        expect(errors[0]).to.have.property("code", "ERR_MAX_CONNECTIONS");
    });
});

describe("A connection that can be resumed", () => {
    for (const end of ["client", "server"] as const) {
        it(`ends without an interruption when the ${end} closes it`, async () => {
            const { s, c } = await resumable(RESUME);
            const events: string[] = [];
            for (const each of [s, c]) each.on("interrupted", () => events.push("interrupted"));
            const ended = Promise.all([reasonOfEnd(s), reasonOfEnd(c)]);
            const received = next(end === "client" ? s : c, "receive");
            if (end === "client") {
                void c.send("last");
                await c.disconnect();
            } else {
                void s.sendall("last");
                await s.close();
            }
            expect((await received)[0]).to.equal("last");
            const codes = (await ended).map(({ code }) => code).sort();
            expect(codes).to.deep.equal(["CLOSED", "PEER_ENDED"]);
            expect(events).to.deep.equal([]);
        });
    }

    for (const codec of ["json", "binary"] as const) {
        it(`does not acknowledge what it does not handle when a handler closes it, with the codec ${codec}`, async () => {
            const { s, c } = await resumable({ ...RESUME, codec });
            const values: unknown[] = [];
            s.on("receive", (value) => {
                values.push(value);
                void s.close();
            });
            const failed = new Promise<object>((resolve) => {
                void c.send("handled", () => undefined, { failed: resolve });
            });
            for (let n = 0; n < 3; n++) void c.send(n); // in the same frame of bytes
            expect(await failed)
                .to.have.property("unacknowledged")
                .that.is.at.least(3);
            expect(values).to.deep.equal(["handled"]);
        });
    }

    it("ends, not interrupted, for a peer that does not read with slow_consumer: disconnect", async () => {
        const { s, c } = await resumable({ ...RESUME, max_buffered: 1000, slow_consumer: "disconnect" }, RESUME);
        s.on("error", () => undefined);
        const ended = Promise.all([reasonOfEnd(s), reasonOfEnd(c)]);
        await cutOff(s);
        for (let n = 0; n < 3; n++) s.sessions[0]?.send("x".repeat(1000)).catch(() => undefined);
        await new Promise(setImmediate);
        for (let n = 0; n < 3; n++) s.sessions[0]?.send("x".repeat(1000)).catch(() => undefined);
        void c.disconnect();
        expect((await ended)[0]).to.have.property("code", "SLOW_CONSUMER");
    });

    it("counts what was sent in the tick in which slow_consumer ends it, also if its socket has ended", async () => {
        const { s } = await resumable({ ...RESUME, max_buffered: 2000, slow_consumer: "disconnect" }, RESUME);
        s.on("error", () => undefined);
        const [session] = s.sessions;
        session!.sock.end();
        const failed = new Promise<object>((resolve) => {
            void session!.send("x".repeat(960), () => undefined, { failed: resolve });
        });
        const sent = [1, 2].map(() => rejection(session!.send("x".repeat(960)))); // the last one is too much
        expect(await failed).to.have.property("unacknowledged", 2);
        const codes = (await Promise.all(sent)).map(({ code }) => code);
        expect(codes).to.deep.equal(["ERR_SOCKET_DESTROYED", "ERR_BUFFER_FULL"]);
    });

    it("waits for acknowledgements over an interruption with drain", async () => {
        const { s, c } = await resumable(RESUME);
        const values: unknown[] = [];
        s.on("receive", (value) => values.push(value));
        const interrupted = next(c, "interrupted");
        c.socket!.destroy();
        await interrupted;
        void c.send("kept");
        await c.disconnect({ drain: true });
        expect(values).to.deep.equal(["kept"]);
    });

    for (const [which, close, end] of [
        [
            "disconnect() of a client",
            (_, c) => c.disconnect({ drain: true, timeout: Infinity }),
            (_, c) => c.disconnect({ timeout: 0 }),
        ],
        [
            "kill_socket() of a server",
            (s) => s.kill_socket(s.sockets[0]!, { drain: true, timeout: Infinity }),
            (s) => s.disconnect({ timeout: 0 }),
        ],
    ] satisfies [string, ...((s: SockhopServer, c: SockhopClient) => Promise<unknown>)[]][]) {
        it(`settles a draining ${which} that a second call ends`, async () => {
            const { s, c } = await resumable(RESUME);
            s.on("request", () => undefined);
            const asked = [rejection(c.ask("no response")), rejection(s.ask(s.sockets[0]!, "no response"))];
            c.on("request", () => undefined);
            await c.flush();
            const closing = close(s, c);
            await end(s, c);
            await closing;
            await c.disconnect();
            await Promise.all(asked);
        });
    }

    it("settles a draining close of a connection that is not resumed", async () => {
        const { s, c } = await resumable({ ...RESUME, resume: { timeout: 80 } });
        await cutOff(s);
        void c.send("kept").catch(() => undefined);
        await c.disconnect({ drain: true, timeout: Infinity });
        expect(c.connected).to.equal(false);
    });

    it("can be resumed again and again", async () => {
        const { s, c } = await resumable(RESUME);
        for (let n = 0; n < 5; n++) {
            await cut(s, c);
            expect(c.stats.interruptions).to.equal(n + 1);
        }
        expect(s.stats.interruptions).to.equal(5);
    });
});

/** Ends a server as if its process were killed: without a goodbye. */
async function kill(s: SockhopServer): Promise<void> {
    await cutOff(s);
    await s.close();
}
