import { expect } from "chai";
import { once } from "node:events";
import { type default as net, connect } from "node:net";
import { inspect } from "node:util";
import { SockhopSession } from "../../../src";
import { connectionOf } from "../../../src/connection/Connection";
import { turns, until } from "../../support/eventLoop";
import { fakeTime } from "../../support/fakeTime";
import { used } from "../../support/memory";
import { client, placeOf, raw, rawServer, server } from "../../support/pair";
import { framesOf } from "../../support/events";
import { RESUME, RawClient, next, reasonOfEnd, resumable } from "../../support/resume";

const TIMEOUT = 30_000;

async function listening(options = {}): Promise<ReturnType<typeof server>> {
    const s = server({ ...RESUME, ...options });
    await s.listen();
    return s;
}

/** Connects a raw client with a session that can be resumed. */
async function agreed(s: ReturnType<typeof server>): Promise<{ peer: RawClient; token: string }> {
    const connected = next(s, "connect");
    const peer = await RawClient.connect(s);
    peer.greet({ timeout: TIMEOUT });
    const { token } = (await peer.answer())!;
    await connected;
    return { peer, token: token! };
}

describe("A server with resume", () => {
    it("answers with a random token of 128 bits, and the smaller timeout", async () => {
        const s = await listening({ resume: { timeout: 500 } });
        const tokens = new Set<string>();
        for (let n = 0; n < 3; n++) {
            const peer = await RawClient.connect(s);
            peer.greet({ timeout: n === 0 ? 100 : TIMEOUT });
            const answer = (await peer.answer())!;
            expect(answer.token).to.match(/^[0-9a-f]{32}$/);
            expect(answer).to.not.have.property("received");
            expect(answer.timeout).to.equal(n === 0 ? 100 : 500);
            tokens.add(answer.token!);
        }
        expect(tokens.size).to.equal(3);
    });

    it("resumes for the token, and sends again what was not received", async () => {
        const s = await listening();
        const { peer, token } = await agreed(s);
        for (const value of ["a", "b", "c"]) void s.sessions[0]!.send(value);
        expect(await peer.values(3)).to.deep.equal(["a", "b", "c"]);
        peer.send("String", "first");
        peer.socket.destroy();
        await next(s, "interrupted");
        const resumed = next(s, "resumed");
        const again = await RawClient.connect(s);
        again.greet({ timeout: TIMEOUT, token, received: 1, sent: 3 });
        const answer = (await again.answer())!;
        expect(answer).to.include({ received: 1, sent: 3 });
        expect(answer.token)
            .to.match(/^[0-9a-f]{32}$/)
            .and.not.equal(token);
        expect(await again.values(2)).to.deep.equal(["b", "c"]);
        const [info] = await resumed;
        expect(info).to.deep.include({ missed: 2, replayed: 2 });
        expect(s.sessions).to.have.length(1);
        expect(s.stats).to.include({ interruptions: 1, replayed: 2, unacknowledged: 2 });
    });

    it("does not print its token with a socket, a session or the server", async () => {
        const s = await listening();
        const { token } = await agreed(s);
        for (const each of [s.sockets[0], s.sessions[0], s]) {
            expect(inspect(each, { depth: 12 })).to.not.include(token);
        }
    });

    it("counts no ping of a flush() that began before the agreement", async () => {
        const clock = fakeTime();
        const s = await listening();
        const connected = next(s, "connect");
        const peer = await RawClient.connect(s);
        peer.send("String", "no greeting");
        await connected;
        void s.sessions[0]!.flush();
        peer.greet({ timeout: TIMEOUT });
        const { token } = (await peer.answer())!;
        const pings = (): number => peer.frames.filter(({ type }) => type === "SockhopPing").length;
        await until(() => pings() === 1);
        clock.tick(1000);
        await until(() => pings() === 2);
        peer.socket.destroy();
        await next(s, "interrupted");
        const again = await RawClient.connect(s);
        again.greet({ timeout: TIMEOUT, token, received: 0, sent: 0 });
        expect(await again.answer()).to.include({ received: 0, sent: 0 });
    });

    it("accepts the old token until the client has confirmed the new one, and then only that", async () => {
        const s = await listening();
        const { peer, token } = await agreed(s);
        peer.socket.destroy();
        await next(s, "interrupted");
        const request = { timeout: TIMEOUT, token, received: 0, sent: 0 };
        const second = await RawClient.connect(s);
        second.greet(request);
        const unused = (await second.answer())!.token!;
        second.socket.destroy();
        await next(s, "interrupted");
        const third = await RawClient.connect(s);
        third.greet(request);
        const answer = (await third.answer())!;
        expect(answer).to.have.property("received", 0);
        const latest = answer.token!;
        third.send("SockhopPong", { ack: 0 });
        third.send("String", "after the confirmation");
        await next(s, "receive");
        for (const old of [token, unused]) {
            const late = await RawClient.connect(s);
            late.greet({ ...request, token: old });
            expect(await late.answer()).to.not.have.property("received");
            late.socket.destroy();
        }
        const last = await RawClient.connect(s);
        last.greet({ ...request, token: latest, sent: 1 });
        expect(await last.answer()).to.have.property("received", 1);
    });

    it("resumes while the old socket seems to be alive, and destroys it", async () => {
        const s = await listening();
        const { peer, token } = await agreed(s);
        const events: string[] = [];
        for (const event of ["interrupted", "resumed", "disconnect"] as const) s.on(event, () => events.push(event));
        const closed = once(peer.socket, "close");
        const second = await RawClient.connect(s);
        second.greet({ timeout: TIMEOUT, token, received: 0, sent: 0 });
        expect(await second.answer()).to.have.property("received", 0);
        await closed;
        expect(events).to.deep.equal(["interrupted", "resumed"]);
        peer.socket.destroy();
        const received = next(s, "receive");
        second.send("String", "over the new socket");
        expect((await received)[0]).to.equal("over the new socket");
    });

    it("starts a new session for a wrong token, and keeps nothing of it", async () => {
        const s = await listening();
        const { token } = await agreed(s);
        const wrong = ["0".repeat(32), token.replace(/./, (digit) => (digit === "0" ? "1" : "0"))];
        for (const each of wrong) {
            const peer = await RawClient.connect(s);
            const connected = next(s, "connect");
            peer.greet({ timeout: TIMEOUT, token: each, received: 0, sent: 0 });
            expect(await peer.answer()).to.not.have.property("received");
            await connected;
        }
        expect(s.sessions).to.have.length(3);
        expect(s.stats.interruptions).to.equal(0);
    });

    it("closes the connection of a client that needs no new session", async () => {
        const s = await listening();
        let sessions = 0;
        s.on("connect", () => (sessions += 1));
        const peer = await RawClient.connect(s);
        peer.greet({ timeout: TIMEOUT, token: "0".repeat(32), received: 0, sent: 0, only: true });
        expect(await peer.answer()).to.not.have.property("received");
        await once(peer.socket, "close");
        expect(sessions).to.equal(0);
    });

    for (const counts of [
        { received: 1, sent: 0 },
        { received: 2 ** 40, sent: 5 },
    ]) {
        it(`ends the session of a client with impossible counts: ${JSON.stringify(counts)}`, async () => {
            const s = await listening();
            const { peer, token } = await agreed(s);
            peer.socket.destroy();
            await next(s, "interrupted");
            const ended = reasonOfEnd(s);
            const second = await RawClient.connect(s);
            second.greet({ timeout: TIMEOUT, token, ...counts });
            expect(await ended).to.have.property("code", "NOT_RESUMED");
            await once(second.socket, "close");
        });
    }

    it("ends the session of a client that has lost what it has sent", async () => {
        const s = await listening();
        const { peer, token } = await agreed(s);
        const received = next(s, "receive");
        peer.send("String", "one");
        await received;
        peer.socket.destroy();
        await next(s, "interrupted");
        const ended = reasonOfEnd(s);
        const second = await RawClient.connect(s);
        second.greet({ timeout: TIMEOUT, token, received: 0, sent: 0 });
        expect(await ended).to.have.property("code", "NOT_RESUMED");
    });

    for (const ack of [1, -1, "0", null, 1e300]) {
        it(`closes the connection for an acknowledgement that cannot be: ${JSON.stringify(ack)}`, async () => {
            const s = await listening();
            s.on("error", () => undefined);
            const { peer } = await agreed(s);
            const ended = reasonOfEnd(s);
            peer.send("SockhopPong", { ack });
            expect(await ended).to.have.property("code", "BAD_FRAMES");
        });
    }

    it("uses the memory of a frame again only after its write, whatever the peer acknowledges", async () => {
        const s = await listening({ codec: "binary" });
        const peer = await RawClient.connect(s);
        const connected = next(s, "connect");
        peer.greet({ timeout: TIMEOUT }, ["binary"]);
        await peer.answer();
        await connected;
        peer.socket.removeAllListeners("data").pause();
        const written = s.sessions[0]!.send(Buffer.alloc(8_000_000, 1));
        await until(() => s.stats.unacknowledged === 1);
        peer.send("SockhopPong", { ack: 1 });
        await until(() => s.stats.unacknowledged === 0);

        const other = client({ ...RESUME, codec: "binary", ...placeOf(s) });
        await Promise.all([other.connect(), next(s, "connect")]);
        for (let n = 2; n < 6; n++) {
            const received = next(other, "receive");
            await s.sessions[1]!.send(Buffer.alloc(8_000_000, n));
            await received;
        }
        let length = 0;
        let others = 0;
        peer.socket.on("data", (chunk: Buffer) => {
            length += chunk.length;
            for (const byte of chunk) others += byte === 1 ? 0 : 1;
        });
        peer.socket.resume();
        await written;
        await until(() => length >= 8_000_000);
        expect(others).to.be.below(1000); // lines, and the start of the frame
    });

    it("ignores a member resume that is not valid, and acknowledgements without an agreement", async () => {
        const s = await listening();
        const bad = [5, null, [], {}, { timeout: "1" }, { timeout: -1 }, "resume"];
        for (const resume of bad as object[]) {
            const connected = next(s, "connect");
            const peer = await RawClient.connect(s);
            peer.greet(resume);
            expect(await peer.answer()).to.equal(undefined);
            await connected;
            peer.send("SockhopPong", { ack: 7, ask: true });
            const received = next(s, "receive");
            peer.send("String", "text");
            expect((await received)[0]).to.equal("text");
            expect(s.sessions.at(-1)!.resumable).to.equal(false);
        }
    });

    it("serves clients that do not greet as a server without it", async () => {
        const s = await listening();
        const connected = next(s, "connect");
        const socket = await raw(s);
        await connected;
        const frames = framesOf(socket);
        await s.sendall("to all");
        socket.write(`{"type":"String","data":"text"}\n`);
        expect((await next(s, "receive"))[0]).to.equal("text");
        const ended = reasonOfEnd(s);
        socket.end();
        expect(await ended).to.have.property("code", "PEER_ENDED");
        expect(frames.map(({ data }) => data)).to.deep.equal(["to all"]);
    });

    it("does without it if the client declines, and sends what it has kept", async () => {
        const s = await listening();
        const { peer } = await agreed(s);
        void s.sessions[0]!.send("first");
        peer.send("SockhopPong", { ack: 0, off: true });
        peer.send("String", "next");
        await next(s, "receive");
        expect(s.sessions[0]!.resumable).to.equal(false);
        await s.sessions[0]!.send("second");
        expect(await peer.values(2)).to.deep.equal(["first", "second"]);
        const ended = reasonOfEnd(s);
        peer.socket.destroy();
        await ended;
    });
});

describe("A server with resume keeps nothing", () => {
    it("of a connection whose client has declined, when it is closed", async () => {
        const s = await listening();
        const kept = await (async () => {
            const { peer } = await agreed(s);
            peer.send("SockhopPong", { ack: 0, off: true });
            peer.send("String", "next");
            await next(s, "receive");
            return closedBy(s, peer);
        })();
        await until(() => used() > 0 && kept.deref() === undefined);
    });

    it("of a connection for which its answer is too large", async () => {
        const s = await listening({ max_message_size: 200 });
        const kept = await (async () => {
            const connected = next(s, "connect");
            const peer = await RawClient.connect(s);
            peer.greet({ timeout: 1 });
            await connected;
            return closedBy(s, peer);
        })();
        await until(() => used() > 0 && kept.deref() === undefined);
    });

    it("of a connection that could be resumed, when its session is killed", async () => {
        const s = await listening();
        const kept = await (async () => {
            await agreed(s);
            const connection = new WeakRef<object>(connectionOf(s.sockets[0])!);
            const ended = reasonOfEnd(s);
            void s.sessions[0]!.kill();
            await ended;
            return connection;
        })();
        await until(() => used() > 0 && kept.deref() === undefined);
    });

    /** Resolves to the connection of a client, when the client has closed it. */
    async function closedBy(s: ReturnType<typeof server>, { socket }: RawClient): Promise<WeakRef<object>> {
        const connection = new WeakRef<object>(connectionOf(s.sockets[0])!);
        const closed = once(s.sockets[0]!, "close");
        socket.destroy();
        await closed;
        return connection;
    }
});

describe("A late greeting", () => {
    it("gets resumption, and the client replies to nothing before the answer, which only the server would count", async () => {
        const s = await listening();
        s.on("connect", (_socket, session) => {
            void session.send("call", () => undefined);
            void session.ask("request");
        });
        const accepted = next(s, "connect");
        const values: unknown[] = [];
        let greet = (): void => undefined;
        const { port } = await rawServer((near) => {
            const far = connect(s.get_bound_port()!, "127.0.0.1");
            far.on("error", () => undefined).pipe(near);
            near.on("close", () => far.destroy());
            const chunks: Buffer[] = [];
            near.on("data", (chunk) => chunks.push(chunk));
            greet = () => {
                for (const chunk of chunks) far.write(chunk);
                near.removeAllListeners("data").pipe(far);
            };
        });
        const c = client({ ...RESUME, port });
        c.on("receive", (value, { callback }) => {
            values.push(value);
            callback?.("reply");
        });
        c.handle("String", (value) => void values.push(value));
        await c.connect();
        await accepted;
        await turns(20);
        greet();
        await c.flush();
        void s.sessions[0]!.send("next");
        await s.sessions[0]!.flush();
        await c.send("last");
        await c.flush();
        expect(c.resumable).to.equal(true);
        expect(values).to.deep.equal(["call", "request", "next"]);
        expect(s.stats.unacknowledged).to.equal(0);
    });

    it("gets it from the server after the start of the session", async () => {
        const s = await listening();
        const connected = next(s, "connect");
        const peer = await RawClient.connect(s);
        await connected;
        peer.greet({ timeout: TIMEOUT });
        expect(await peer.answer()).to.have.property("token");
        expect(s.sessions[0]!.resumable).to.equal(true);
    });
});

describe("A greeting that resumes", () => {
    it("is waited for as long as resume() of the session needs", async () => {
        let allow: ((isAllowed: boolean) => void) | undefined;
        class Session extends SockhopSession {
            override resume(): unknown {
                return new Promise((resolve) => (allow = resolve));
            }
        }
        const { s, c } = await resumable({ ...RESUME, session_type: Session });
        const [session] = s.sessions;
        const events: string[] = [];
        for (const event of ["disconnect", "connect"] as const) c.on(event, () => events.push(event));
        const clock = fakeTime();
        c.socket!.destroy();
        while (!allow) {
            await turns(3);
            clock.tick(20);
        }
        const resumed = Promise.all([next(s, "resumed"), next(c, "resumed")]);
        clock.tick(4000);
        await turns(20);
        allow(true);
        await resumed;
        clock.uninstall();
        const received = next(c, "receive");
        await session!.send("afterwards");
        expect((await received)[0]).to.equal("afterwards");
        expect(events).to.deep.equal([]);
    });

    it("is superseded by a later one of the client, whatever resume() of the session says afterwards", async () => {
        const decisions: ((isAllowed: boolean) => void)[] = [];
        class Session extends SockhopSession {
            override resume(): unknown {
                return new Promise((resolve) => decisions.push(resolve));
            }
        }
        const s = await listening({ session_type: Session });
        const { peer, token } = await agreed(s);
        peer.socket.destroy();
        await next(s, "interrupted");
        const request = { timeout: TIMEOUT, token, received: 0, sent: 0 };
        const first = await RawClient.connect(s);
        first.greet(request);
        await until(() => decisions.length === 1);
        const second = await RawClient.connect(s);
        second.greet({ ...request, sent: 1 });
        await until(() => decisions.length === 2);
        decisions[1]!(true);
        await second.answer();
        const received = next(s, "receive");
        second.send("String", "over the second");
        await received;
        const closed = once(first.socket.resume(), "close");
        decisions[0]!(true);
        await closed;
        void s.sessions[0]!.send("still there");
        expect(await second.values(1)).to.deep.equal(["still there"]);
    });

    it("closes the connection if it comes after the start of a session, so that the client tries again", async () => {
        const s = await listening();
        const { peer, token } = await agreed(s);
        peer.socket.destroy();
        await next(s, "interrupted");
        const connected = next(s, "connect");
        const late = await RawClient.connect(s);
        await connected; // the server has waited for a greeting
        late.greet({ timeout: TIMEOUT, token, received: 0, sent: 0 });
        await once(late.socket, "close");
        const again = await RawClient.connect(s);
        again.greet({ timeout: TIMEOUT, token, received: 0, sent: 0 });
        expect(await again.answer()).to.have.property("received", 0);
    });

    it("starts no session if it is cut", async () => {
        const s = await listening();
        let sessions = 0;
        s.on("connect", () => (sessions += 1));
        s.on("error", () => (sessions += 1));
        const socket = await raw(s);
        socket.end(`{"type":"SockhopPong","data":{"_id":"sockhop","_created":null,"hel`);
        await once(socket.resume(), "close");
        await agreed(s);
        expect(sessions).to.equal(1);
    });
});

describe("A client with resume", () => {
    it("works with a server that knows no greetings, as without", async () => {
        let peer: net.Socket | undefined;
        const { port } = await rawServer((socket) => {
            peer = socket;
            socket.on("data", (chunk) => {
                for (const line of chunk.toString().split("\n")) {
                    const { type, data } = JSON.parse(line === "" ? "{}" : line) as { type: string; data: object };
                    if (type === "SockhopPing") socket.write(`${JSON.stringify({ type: "SockhopPong", data })}\n`);
                }
            });
        });
        const c = client({ ...RESUME, port });
        await c.connect();
        await c.send("text");
        await c.flush();
        expect(c.resumable).to.equal(false);
        const ended = reasonOfEnd(c);
        peer!.end();
        expect(await ended).to.have.property("code", "PEER_ENDED");
    });

    it("handles nothing of a new session that a server has started in vain, before its greeting", async () => {
        let connections = 0;
        const { port } = await rawServer((socket) => {
            connections += 1;
            const pong = (data: object): unknown => socket.write(`${JSON.stringify({ type: "SockhopPong", data })}\n`);
            const answer = (resume: object): unknown =>
                pong({ _id: "sockhop", hello: { version: 1, codecs: [], token: "0123456789abcdef", resume } });
            const resume = { token: "0".repeat(32), timeout: 1000 };
            if (connections === 2) {
                for (const frame of [
                    { type: "String", data: "message" },
                    { type: "String", data: "call", id: "1" },
                    { type: "SockhopRequest", data: { uuid: "1", type: "String", data: "request" } },
                ])
                    socket.write(`${JSON.stringify(frame)}\n`);
                socket.end();
                return;
            }
            socket.once("data", () => {
                answer(connections === 1 ? resume : { ...resume, received: 0, sent: 0 });
                if (connections === 1) socket.once("data", () => socket.destroy());
            });
        });
        const c = client({ ...RESUME, port });
        const values: unknown[] = [];
        c.on("receive", (value) => values.push(value));
        c.on("request", ({ data }) => void values.push(data));
        const resumed = next(c, "resumed");
        await c.connect();
        await resumed;
        expect(connections).to.equal(3);
        expect(values).to.deep.equal([]);
    });

    it("delivers what a server sends that ends the connection without an answer", async () => {
        const { port } = await rawServer((socket) => {
            socket.resume().end(`{"type":"String","data":"not you"}\n`);
        });
        const c = client({ ...RESUME, port });
        const values: unknown[] = [];
        c.on("receive", (value) => values.push(value));
        const ended = reasonOfEnd(c);
        await c.connect();
        expect(await ended).to.have.property("code", "PEER_ENDED");
        expect(values).to.deep.equal(["not you"]);
    });

    it("declines an answer that comes too late, and the server goes on without", async () => {
        const received: string[] = [];
        let peer: net.Socket | undefined;
        const { port } = await rawServer((socket) => {
            peer = socket;
            socket.on("data", (chunk) => received.push(chunk.toString()));
        });
        const c = client({ ...RESUME, port });
        await c.connect();
        const { _id } = pingOf(await text(received, /SockhopPing.*\n/));
        peer!.write(`{"type":"SockhopPong","data":{"_id":"${_id}"}}\n`); // no answer before it
        await c.send("not counted");
        const hello = {
            version: 1,
            codecs: [],
            token: "0123456789abcdef",
            resume: { token: "0".repeat(32), timeout: 1000 },
        };
        peer!.write(`${JSON.stringify({ type: "SockhopPong", data: { _id: "sockhop", hello } })}\n`);
        await text(received, /"off":true/);
        expect(c.resumable).to.equal(false);
    });

    it("has no effect with a server without it", async () => {
        const s = server();
        await s.listen();
        const c = client({ ...RESUME, ...placeOf(s) });
        await c.connect();
        await c.flush();
        expect(c.resumable).to.equal(false);
        const ended = reasonOfEnd(c);
        s.sockets[0]!.destroy();
        expect((await ended).code).to.be.oneOf(["PEER_ENDED", "PEER_RESET"]);
    });

    it("has no effect with json peers", async () => {
        const s = server({ ...RESUME, peer_type: "json" });
        await s.listen();
        const c = client({ ...RESUME, peer_type: "json", ...placeOf(s) });
        const received = next(s, "receive");
        await c.connect();
        await c.send({ a: 1 });
        expect((await received)[0]).to.deep.equal({ a: 1 });
        expect(c.resumable).to.equal(false);
    });
});

describe("A resumed session", () => {
    it("has the new socket, and is found by the old one", async () => {
        const { s, c } = await resumable();
        const [session] = s.sessions;
        const old = session!.sock;
        const resumed = Promise.all([next(s, "resumed"), next(c, "resumed")]);
        const oldOfClient = c.socket;
        old.destroy();
        await resumed;
        expect(session!.sock).to.not.equal(old);
        expect(s.sockets).to.deep.equal([session!.sock]);
        expect(c.socket).to.not.equal(oldOfClient);
        const received = next(c, "receive");
        await s.send(old, "by the old socket");
        expect((await received)[0]).to.equal("by the old socket");
        await s.sendall("not to this one", { except: old });
        const ended = reasonOfEnd(c);
        await s.kill_socket(old);
        await ended;
        expect(s.sockets).to.deep.equal([]);
    });

    it("gets what was sent to all meanwhile", async () => {
        const { s, c } = await resumable();
        const received = next(c, "receive");
        s.sockets[0]!.destroy();
        await next(s, "interrupted");
        await s.sendall("to all").catch(() => undefined);
        expect((await received)[0]).to.equal("to all");
    });
});

function pingOf(line: string): { _id: string } {
    return (JSON.parse(line) as { data: { _id: string } }).data;
}

/** Resolves to the first line that matches, when it has arrived. */
async function text(received: string[], pattern: RegExp): Promise<string> {
    for (;;) {
        const line = received
            .join("")
            .split("\n")
            .find((each) => pattern.test(`${each}\n`));
        if (line !== undefined) return line;
        await new Promise(setImmediate);
    }
}
