import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import type { SockhopClient } from "../../src";
import { type ClientOptions, type ServerAddress, type SockhopServer } from "../../src";
import { identity } from "../support/certificates";
import { next, turns, until } from "../support/eventLoop";
import { fakeTime, passTime, timeOf } from "../support/fakeTime";
import { client, later, placeOf, rawServer, received, rejection, server, socketPath } from "../support/pair";
import { RESUME, reasonOfEnd } from "../support/resume";
import { ca, own } from "../support/tls";

/** Creates a client that tries the servers in this order. */
function ordered(servers: ServerAddress[], options: ClientOptions = {}): SockhopClient {
    const { random } = Math;
    Math.random = () => 0.999;
    try {
        return client({ ...options, servers });
    } finally {
        Math.random = random;
    }
}

/** Address without a server. */
const nowhere = (): { path: string } => ({ path: socketPath() });

/** Starts a server. */
async function listening(options = {}): Promise<{ s: SockhopServer; at: ServerAddress }> {
    const s = server(options);
    s.on("error", () => undefined);
    await s.listen();
    return { s, at: placeOf(s) as ServerAddress };
}

/** Counts connections, and never replies. */
async function silent(): Promise<{ at: ServerAddress; sockets: net.Socket[] }> {
    const sockets: net.Socket[] = [];
    const { port } = await rawServer((socket) => sockets.push(socket));
    return { at: { port }, sockets };
}

/** Options of a client that waits for a handshake, which a silent server never begins. */
const HANGS = { ssl_options: { rejectUnauthorized: false } };

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code;

describe("A client with servers", () => {
    for (const position of [0, 1, 2]) {
        it(`connects to the server that is there: number ${position + 1} of 3`, async () => {
            const { s, at } = await listening();
            const servers: ServerAddress[] = [nowhere(), nowhere()];
            servers.splice(position, 0, at);
            const c = ordered(servers);
            const accepted = once(s, "connect");
            await c.connect();
            await accepted;
            expect([c.path, c.address, c.port]).to.deep.equal([null, "127.0.0.1", s.get_bound_port()]);
            await c.disconnect();
            expect(c.port).to.equal(s.get_bound_port()); // is no failure of the server
            await c.connect();
        });
    }

    it("rejects connect() when each was tried once, with the last error, at the line of the caller", async () => {
        const servers = [nowhere(), nowhere(), nowhere()];
        const c = ordered(servers);
        for (let call = 0; call < 2; call++) {
            const error = await rejection(c.connect());
            expect(error).to.include({ code: "ENOENT", syscall: "connect" });
            const names = servers.map(({ path }) => path).join(", ");
            expect(error.message)
                .to.include("no server listens at this path")
                .and.include(`(tried 3 servers: ${names})`);
            expect(error.stack).to.include(__filename).and.include("tried 3 servers");
        }
        expect(c.socket).to.equal(null);
    });

    it("has connect_timeout for each server", async () => {
        const [first, second] = [await silent(), await silent()];
        const hanging = ordered([first.at, second.at], { ...HANGS, connect_timeout: 20 });
        const error = await rejection(hanging.connect());
        expect(error.code).to.equal("ERR_CONNECT_TIMEOUT");
        expect(error.message).to.include(`${second.at.port}: 20 ms`).and.include("tried 2 servers");
        expect([first.sockets.length, second.sockets.length]).to.deep.equal([1, 1]);
    });

    it("has the whole connect_timeout for the next server after one that has failed late", async () => {
        const [first, second] = [await silent(), await silent()];
        const c = ordered([first.at, second.at], { ...HANGS, connect_timeout: 1000 });
        const clock = fakeTime();
        const failed = rejection(c.connect());
        await until(() => first.sockets.length === 1);
        clock.tick(600);
        first.sockets[0]!.destroy();
        await until(() => second.sockets.length === 1);
        expect(await timeOf(clock, failed)).to.be.at.least(1000);
    });

    for (const how of ["disconnect()", "a signal", "the timeout of connect()", "socket = null"]) {
        it(`is aborted within a round: ${how}`, async () => {
            const [first, last] = [await silent(), await silent()];
            const c = ordered([nowhere(), first.at, last.at], HANGS);
            const controller = new AbortController();
            const options = how === "the timeout of connect()" ? { timeout: 50 } : { signal: controller.signal };
            const failed = rejection(how === "socket = null" ? c.connect() : c.connect(options));
            const sent = rejection(c.send("never"));
            await until(() => first.sockets.length === 1);
            if (how === "disconnect()") await c.disconnect();
            if (how === "a signal") controller.abort();
            if (how === "socket = null") c.socket = null;
            const isTimeout = how === "the timeout of connect()";
            expect((await failed).code).to.equal(isTimeout ? "ERR_CONNECT_TIMEOUT" : "ERR_ABORTED");
            expect((await sent).code).to.equal("ERR_SOCKET_DESTROYED");
            await turns(5);
            expect(last.sockets).to.deep.equal([]);
        });
    }

    it("names all servers in the error of a timeout of connect()", async () => {
        const c = ordered([nowhere(), nowhere()], { auto_reconnect_interval: 10_000 });
        const { message } = await rejection(c.connect({ wait: true, timeout: 20 }));
        expect(message).to.match(/no connection to \S+socket, \S+socket within 20 ms .*tried 2 servers/);
    });

    for (const queue of [false, true]) {
        it(`sends what was sent during the round: queue ${queue}`, async () => {
            const { s, at } = await listening();
            const c = ordered([nowhere(), nowhere(), at], { queue });
            const values = received(s, 3);
            const connecting = c.connect();
            const sent = [c.send(1)];
            await turns(1);
            sent.push(c.send(2));
            await connecting;
            sent.push(c.send(3));
            await Promise.all(sent);
            expect(await values).to.deep.equal([1, 2, 3]);
        });
    }

    it("continues loops over messages() within a round", async () => {
        const { s, at } = await listening();
        const c = ordered([nowhere(), at]);
        s.on("connect", (_, session) => void session.send("welcome"));
        const first = c.messages().next();
        await c.connect();
        expect(((await first).value as { value: unknown }).value).to.equal("welcome");
    });

    it("goes on if a server does not have the codec that is required", async () => {
        const old = await listening();
        const current = await listening({ codec: "binary" });
        const c = ordered([old.at, current.at], { codec: "binary", codec_required: true });
        await c.connect();
        expect([c.codec, c.port]).to.deep.equal(["binary", current.at.port]);
    });

    it("waits for a server that is away, while another one does not have the codec", async () => {
        const old = await listening();
        const path = socketPath();
        const c = ordered([{ path }, old.at], { codec: "binary", codec_required: true, auto_reconnect_interval: 5 });
        const connected = c.connect({ wait: true });
        await next(c, "reconnecting");
        await server({ path, codec: "binary" }).listen();
        await connected;
        expect(c.path).to.equal(path);
    });

    it("checks the certificate for the servername of each server", async () => {
        const other = await identity("Other", ["other.example"], ca);
        const first = await listening({ ssl_options: other });
        const second = await listening({ ssl_options: own });
        const names = { servername: "other.example" };
        const c = ordered([{ ...first.at, ...names }, second.at], { ssl_options: { ca: ca.cert } });
        await c.connect();
        expect(c.port).to.equal(first.at.port);
        const wrong = ordered([first.at, { ...second.at, ...names }], { ssl_options: { ca: ca.cert } });
        const error = await rejection(wrong.connect());
        expect(error.code).to.equal("ERR_TLS_CERT_ALTNAME_INVALID");
        expect(error.message).to.include("tried 2 servers");
        const ended = next(c, "disconnect");
        await first.s.close();
        await ended;
        await c.connect();
        expect(c.port).to.equal(second.at.port);
    });
});

describe("A client with servers that has lost its connection", () => {
    it("tries the next one at once with auto_reconnect, and a delay follows when each was tried", async () => {
        const [first, second] = [await listening(), await listening()];
        const c = ordered([first.at, second.at], { auto_reconnect_interval: 60_000 });
        const log: unknown[] = [];
        c.on("reconnecting", (attempt, delay, error) => log.push([attempt, delay, codeOf(error)]));
        c.on("connect", () => log.push(c.port));
        c.on("disconnect", () => log.push(-c.port));
        await c.connect();
        c.auto_reconnect = true;
        const connected = once(c, "connect");
        await first.s.close();
        await connected;
        const waits = next(c, "reconnecting");
        await second.s.close(); // the second short connection: each server was tried
        await waits;
        const [a, b] = [first.at.port!, second.at.port!];
        expect(log).to.deep.equal([a, -a, [1, 0, undefined], b, -b, [2, 60_000, undefined]]);
    });

    it("tries the next one in the next connect() without auto_reconnect, and in a handler of disconnect", async () => {
        const [first, second] = [await listening(), await listening()];
        const c = ordered([first.at, second.at]);
        await c.connect();
        let again: Promise<void> | undefined;
        c.once("disconnect", () => (again = c.connect()));
        first.s.sockets.length === 0 && (await once(first.s, "connect"));
        first.s.sockets[0]!.destroy();
        await until(() => again !== undefined);
        await again;
        expect(c.port).to.equal(second.at.port);
        const ended = next(c, "disconnect");
        second.s.sockets.length === 0 && (await once(second.s, "connect"));
        second.s.sockets[0]!.destroy();
        await ended;
        await c.connect();
        expect(c.port).to.equal(first.at.port);
    });

    it("leaves a frozen server", async () => {
        const frozen = await silent();
        const { s, at } = await listening();
        const c = ordered([frozen.at, at], { auto_reconnect: true, auto_reconnect_interval: 1 });
        await next(c, "connect");
        c.ping(5);
        const connected = once(s, "connect");
        expect((await reasonOfEnd(c)).code).to.equal("PING_TIMEOUT");
        await connected;
        expect(c.port).to.equal(at.port);
    });

    describe("on a fake clock", () => {
        const { random } = Math;
        let clock: FakeTimers.Clock;

        beforeEach(() => {
            clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
            Math.random = () => 0.999;
        });

        afterEach(() => {
            clock.uninstall();
            Math.random = random;
        });

        it("has a longer delay after each round, and one reconnecting event for it", async () => {
            const servers = [nowhere(), nowhere(), nowhere()];
            const options = { auto_reconnect_interval: 100, auto_reconnect_max_interval: 1000 };
            const c = client({ ...options, servers, auto_reconnect: true });
            const delays: number[] = [];
            c.on("reconnecting", (attempt, delay, error) => {
                expect(error?.message).to.include("tried 3 servers");
                expect(attempt).to.equal(delays.push(delay) + 1);
            });
            for (let round = 1; round <= 5; round++) {
                await until(() => delays.length === round);
                await turns(10);
                expect(delays.length).to.equal(round);
                clock.tick(delays.at(-1)!);
            }
            expect(delays).to.deep.equal([100, 200, 400, 799, 999]);
        });

        it("tries each once more after a connection that has lasted", async () => {
            const [first, second] = [await listening(), await listening()];
            const c = client({ servers: [first.at, second.at], auto_reconnect: true });
            await next(c, "connect");
            await until(() => first.s.sockets.length === 1);
            clock.tick(2000);
            await second.s.close();
            const log: unknown[] = [];
            c.on("reconnecting", (attempt, delay) => log.push([attempt, delay]));
            const connected = next(c, "connect");
            first.s.sockets[0]!.destroy();
            await until(() => log.length === 1);
            clock.tick(0);
            await connected;
            expect([c.port, log]).to.deep.equal([first.at.port, [[1, 0]]]);
        });
    });
});

/** Address that leads to a server, until it is closed. */
class Relay {
    readonly path = socketPath();
    readonly sockets = new Set<net.Socket>();
    accepted = 0;
    /** False to end each connection at once. */
    forwards = true;
    readonly #listener = net.createServer((socket) => this.#accept(socket));
    readonly #port: number;

    constructor(s: SockhopServer) {
        this.#port = s.get_bound_port()!;
        later(() => this.close());
    }

    async listen(): Promise<this> {
        this.#listener.listen(this.path);
        await once(this.#listener, "listening");
        return this;
    }

    #accept(socket: net.Socket): void {
        this.accepted += 1;
        if (!this.forwards) {
            socket.destroy();
            return;
        }
        const onward = net.connect(this.#port, "127.0.0.1");
        for (const [from, to] of [
            [socket, onward],
            [onward, socket],
        ] as const) {
            this.sockets.add(from);
            from.on("error", () => undefined).on("close", () => to.destroy());
            from.pipe(to);
        }
    }

    cut(): void {
        for (const socket of this.sockets) socket.destroy();
        this.sockets.clear();
    }

    close(): void {
        this.#listener.close();
        this.cut();
    }
}

describe("A client with servers and resume", () => {
    /** Connects a client to the first of two servers, by a relay. */
    async function connected(options: ClientOptions = { auto_reconnect: true }) {
        const home = await listening(RESUME);
        const other = await listening(RESUME);
        const relay = await new Relay(home.s).listen();
        const c = ordered([{ path: relay.path }, other.at], { ...RESUME, ...options });
        await c.connect();
        await c.flush();
        const events: string[] = [];
        for (const event of ["interrupted", "resumed", "disconnect", "connect"] as const) {
            c.on(event, () => events.push(event));
        }
        return { home, other, relay, c, events };
    }

    it("resumes at the server that has the session", async () => {
        const { relay, c, events, other } = await connected();
        const resumed = next(c, "resumed");
        relay.cut();
        await resumed;
        expect(events).to.deep.equal(["interrupted", "resumed"]);
        expect([c.path, other.s.sockets.length]).to.deep.equal([relay.path, 0]);
    });

    it("waits for that server while something listens there", async () => {
        const { relay, c, events, other } = await connected();
        relay.forwards = false;
        const resumed = next(c, "resumed");
        relay.cut();
        await until(() => relay.accepted >= 4);
        relay.forwards = true;
        await resumed;
        expect(events).to.deep.equal(["interrupted", "resumed"]);
        expect(other.s.sockets.length).to.equal(0);
    });

    it("gets a new session at the next one, if nothing listens there", async () => {
        const { relay, c, events, other } = await connected();
        const connecting = once(c, "connect");
        const reason = reasonOfEnd(c);
        const values = received(other.s, 1);
        relay.close();
        await next(c, "interrupted");
        void rejection(c.send("lost"));
        await connecting;
        expect(events).to.deep.equal(["interrupted", "disconnect", "connect"]);
        const { code, error } = await reason;
        expect([code, error?.unacknowledged]).to.deep.equal(["NOT_RESUMED", 1]);
        expect(error?.message).to.include(relay.path); // of the server that was lost
        expect([c.path, c.port]).to.deep.equal([null, other.at.port]);
        await c.send("new");
        expect(await values).to.deep.equal(["new"]);
    });

    it("resumes by another address of the same server", async () => {
        const home = await listening(RESUME);
        const relay = await new Relay(home.s).listen();
        const c = ordered([{ path: relay.path }, nowhere(), home.at], { ...RESUME, auto_reconnect: true });
        await c.connect();
        await c.flush();
        const resumed = next(c, "resumed");
        relay.close();
        await resumed;
        expect([c.connected, c.port, home.s.sessions.length]).to.deep.equal([true, home.at.port, 1]);
    });

    it("returns to that server after each round", async () => {
        const { relay, c, home, other } = await connected({ auto_reconnect: true, auto_reconnect_interval: 5 });
        await other.s.close();
        const resumed = next(c, "resumed");
        relay.close();
        await next(c, "interrupted");
        await turns(20);
        const back = new Relay(home.s);
        Object.assign(back, { path: relay.path });
        await back.listen();
        await resumed;
        expect([c.path, home.s.sessions.length]).to.deep.equal([relay.path, 1]);
    });

    it("tries each once more after the delay of a round", async () => {
        const { relay, c, other } = await connected({ auto_reconnect: true, auto_reconnect_interval: 10_000 });
        await other.s.close();
        let attempts = 0;
        const { port } = other.at as { port: number };
        const busy = net.createServer((socket) => socket.destroy(void (attempts += 1)));
        later(() => busy.close());
        busy.listen(port, "127.0.0.1");
        await once(busy, "listening");
        const clock = fakeTime();
        relay.close();
        await passTime(
            clock,
            until(() => attempts === 1),
        );
        expect(
            await timeOf(
                clock,
                until(() => attempts === 2),
            ),
        ).to.be.below(15_000);
        clock.uninstall();
        await c.disconnect({ timeout: 0 });
    });

    it("stays with that server if no new connection is wanted", async () => {
        const { relay, c, events, home, other } = await connected({});
        relay.close();
        await next(c, "interrupted");
        await turns(20);
        const back = new Relay(home.s);
        Object.assign(back, { path: relay.path });
        const resumed = next(c, "resumed");
        await back.listen();
        await resumed;
        expect([events, other.s.sockets.length]).to.deep.equal([["interrupted", "resumed"], 0]);
    });
});
