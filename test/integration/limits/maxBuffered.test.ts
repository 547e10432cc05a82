import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import type { SockhopClient, SockhopServer, SockhopSession } from "../../../src";
import { type ClientOptions, type ServerOptions, SockhopError } from "../../../src";
import { client, later, pair, placeOf, raw, received, rejection, server, socketPath } from "../../support/pair";
import { frame, turns, until } from "../../support/eventLoop";
import { type Coded, errorsOf, framesOf, parted, closed } from "../../support/events";

/** Frames of sockhop requests. */
function request(uuid: string, data: unknown = "q"): string {
    return JSON.stringify({ type: "SockhopRequest", data: { uuid, data, type: "String", errors: true } }) + "\n";
}

describe("max_buffered", () => {
    /** Larger than the system buffers of a Unix domain socket. */
    const BLOCK = "x".repeat(300_000);
    const MOST = 1_000_000;

    /** A server and a plain client of it that does not read, on a path, where system buffers are small. */
    async function deaf(
        options: ServerOptions,
    ): Promise<{ s: SockhopServer; peer: net.Socket; socket: net.Socket; session: SockhopSession }> {
        const s = server({ path: socketPath(), max_buffered: MOST, ...options });
        await s.listen();
        const accepted = once(s, "connect");
        const peer = await raw(s);
        const [socket, session] = (await accepted) as [net.Socket, SockhopSession];
        return { s, peer, socket, session };
    }

    /** A client and the plain end of its connection, which does not read. */
    async function deafServer(options: ClientOptions): Promise<{ c: SockhopClient; peer: net.Socket }> {
        const path = socketPath();
        const listener = net.createServer();
        listener.listen(path);
        const accepted = once(listener, "connection");
        const c = client({ path, max_buffered: MOST, ...options });
        await c.connect();
        const [peer] = (await accepted) as [net.Socket];
        later(() => peer.destroy());
        peer.on("error", () => undefined);
        listener.close();
        return { c, peer };
    }

    /** Both ends with the same interface. */
    async function deafEnd(
        which: "client" | "server",
        options: ClientOptions & ServerOptions,
    ): Promise<{
        end: SockhopClient | SockhopServer;
        peer: net.Socket;
        send: (value: unknown) => Promise<void>;
        buffered: () => number;
    }> {
        if (which === "client") {
            const { c, peer } = await deafServer(options);
            return { end: c, peer, send: (value) => c.send(value), buffered: () => c.buffered };
        }
        const { s, peer, session } = await deaf(options);
        return { end: s, peer, send: (value) => session.send(value), buffered: () => session.buffered };
    }

    for (const which of ["client", "server"] as const) {
        it(`rejects nothing with "wait", and loses nothing: ${which}`, async () => {
            const { end, peer, send, buffered } = await deafEnd(which, {});
            const errors = errorsOf(end);
            let settled = 0;
            const sent = Array.from({ length: 8 }, async (_, n) => {
                await send([n, BLOCK]);
                settled += 1;
            });
            await turns(20);
            expect(buffered()).to.be.greaterThan(MOST);
            expect(settled).to.equal(0);
            const frames = framesOf(peer);
            await Promise.all(sent);
            await until(() => frames.length === 8);
            expect(frames.map(({ data }) => (data as unknown[])[0])).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
            expect(buffered()).to.equal(0);
            expect(errors).to.deep.equal([]);
        });

        it(`rejects messages above the limit with "drop", and accepts more after a drain: ${which}`, async () => {
            const { end, peer, send, buffered } = await deafEnd(which, { slow_consumer: "drop" });
            const errors = errorsOf(end);
            const taken: number[] = [];
            const refused: [number, Coded][] = [];
            const sent = Array.from({ length: 10 }, (_, n) =>
                send([n, BLOCK]).then(
                    () => taken.push(n),
                    (error: unknown) => refused.push([n, error as Coded]),
                ),
            );
            await turns(5);
            // One message more than the limit; some of it is in system buffers.
            expect(buffered()).to.be.at.most(MOST + BLOCK.length + 100);
            expect(refused.map(([n]) => n)).to.deep.equal([4, 5, 6, 7, 8, 9]);
            const [[, error]] = refused as [[number, Coded]];
            expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_BUFFER_FULL");
            expect(error.message).to.include(String(MOST));
            void send("nobody looks at this promise");
            const frames = framesOf(peer);
            await Promise.all(sent);
            await send("after");
            await until(() => frames.at(-1)?.["data"] === "after");
            expect(taken).to.deep.equal([0, 1, 2, 3]);
            expect(frames.map(({ data }) => (Array.isArray(data) ? (data as unknown[])[0] : data))).to.deep.equal([
                0,
                1,
                2,
                3,
                "after",
            ]);
            expect(errors).to.deep.equal([]);
        });

        it(`destroys the connection with "disconnect": ${which}`, async () => {
            const { end, send } = await deafEnd(which, { slow_consumer: "disconnect" });
            const errors = errorsOf(end);
            const gone = parted(end);
            const sent = Array.from({ length: 6 }, (_, n) => rejection(send([n, BLOCK])));
            const [socket, session] = (await gone) as [net.Socket, SockhopSession];
            const codes = (await Promise.all(sent)).map(({ code }) => code);
            expect(codes).to.deep.equal([
                ...(Array(4).fill("ERR_SOCKET_DESTROYED") as string[]),
                "ERR_BUFFER_FULL",
                "ERR_SOCKET_DESTROYED",
            ]);
            expect(socket.destroyed).to.equal(true);
            expect(errors).to.deep.equal([
                which === "client" ? ["ERR_BUFFER_FULL", socket] : ["ERR_BUFFER_FULL", socket, session],
            ]);
        });
    }

    it('emits the error with "disconnect" also if another broadcast follows at once', async () => {
        const { s, session } = await deaf({ slow_consumer: "disconnect" });
        const errors = errorsOf(s);
        const gone = parted(s);
        for (let n = 0; n < 6; n++) void s.sendall(BLOCK);
        const [socket] = await gone;
        expect(errors).to.deep.equal([["ERR_BUFFER_FULL", socket, session]]);
    });

    it("delivers what has waited for a client that does not read, also if a broadcast follows its end", async () => {
        const { s, peer, socket } = await deaf({});
        const values: unknown[] = [];
        s.on("receive", (value) => {
            values.push(value);
            for (let n = 0; n < 5; n++) s.send(socket, BLOCK).catch(() => undefined);
        });
        peer.write(frame(["first"]) + frame(["second"]));
        await until(() => values.length === 1);
        socket.destroy();
        await s.sendall("it has gone");
        expect(values).to.deep.equal([["first"], ["second"]]);
    });

    it("rejects calls and requests above the limit, and keeps no pending reply", async () => {
        const { s, session, socket } = await deaf({ slow_consumer: "drop" });
        for (let n = 0; n < 4; n++) void session.send(BLOCK);
        const failures: (string | undefined)[] = [];
        const failed = ({ code }: Coded): void => void failures.push(code);
        expect(await rejection(session.send("q", () => undefined, { failed }))).to.have.property(
            "code",
            "ERR_BUFFER_FULL",
        );
        expect(await rejection(session.request("q"))).to.have.property("code", "ERR_BUFFER_FULL");
        expect(failures).to.deep.equal(["ERR_BUFFER_FULL"]);
        expect(s["_connectionOf"](socket)!.pending).to.equal(0);
    });

    it("does not affect other clients of a server", async () => {
        const { s, peer } = await deaf({ slow_consumer: "disconnect" });
        const c = client(placeOf(s));
        await c.connect();
        const values = received(c, 8);
        await until(() => s.sockets.length === 2);
        s.on("error", () => undefined);
        const [slow, quick] = s.sockets as [net.Socket, net.Socket];
        for (let n = 0; n < 8; n++) {
            void s.send(slow, BLOCK).catch(() => undefined);
            await s.send(quick, n);
        }
        expect(await values).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
        await closed(peer);
        expect(s.sockets).to.deep.equal([quick]);
    });

    it("pauses reading from a client that does not read, until it reads, and loses nothing", async () => {
        const { s, peer, socket, session } = await deaf({ max_buffered: 100_000 });
        const TOTAL = 3000;
        let asked = 0;
        s.on("receive", (value, { callback }) => {
            if (!callback) return;
            asked += 1;
            callback([value, "x".repeat(500)]);
        });
        // Large calls, too: they fill the buffers of the system and of Node.
        const questions = Array.from({ length: TOTAL }, (_, n) =>
            frame(n, { id: `id ${n}`, padding: "p".repeat(500) }),
        );
        peer.write(questions.join(""));
        await until(() => socket.isPaused());
        const [before, waiting] = [asked, session.buffered];
        await turns(20);
        expect([asked, session.buffered]).to.deep.equal([before, waiting]);
        expect(asked).to.be.lessThan(TOTAL / 2);
        expect(peer.writableLength).to.be.greaterThan(0);
        // Beyond the limit there are the replies to one chunk of calls.
        expect(waiting)
            .to.be.greaterThan(50_000)
            .and.lessThan(100_000 + 100_000);

        const other = client(placeOf(s));
        await other.connect();
        await new Promise((resolve) => void other.send(1, resolve)); // all other clients receive replies

        const frames = framesOf(peer);
        await until(() => frames.length === TOTAL);
        expect(frames.map(({ callback_id }) => callback_id)).to.deep.equal(
            Array.from({ length: TOTAL }, (_, n) => `id ${n}`),
        );
        expect([socket.isPaused(), session.buffered]).to.deep.equal([false, 0]);
    });

    it("does not pause a client, so that both ends never wait for each other", async () => {
        const path = socketPath();
        const { s, c, socket } = await pair({ path, max_buffered: 50_000 });
        const fromServer = received(c, 60);
        const fromClient = received(s, 60);
        const big = "x".repeat(20_000);
        await Promise.all(Array.from({ length: 60 }, () => [c.send(big), s.send(socket, big)]).flat());
        expect((await Promise.all([fromServer, fromClient])).map(({ length }) => length)).to.deep.equal([60, 60]);
    });

    it("bounds replies also to a client that does not read and is not paused", async () => {
        for (const slow_consumer of ["drop", "disconnect"] as const) {
            const { s, peer, session } = await deaf({ max_buffered: 50_000, slow_consumer });
            s.on("error", () => undefined);
            const left = parted(s);
            const answer = "x".repeat(1000);
            let most = 0;
            const last = new Promise<void>((resolve) =>
                s.on("receive", (value, { callback }) => {
                    callback?.(answer);
                    most = Math.max(most, session.buffered);
                    if (value === "last") resolve();
                }),
            );
            peer.write(Array.from({ length: 2000 }, (_, n) => frame(n, { id: String(n) })).join("") + frame("last"));
            await (slow_consumer === "drop" ? last : left);
            expect(most).to.be.lessThan(50_000 + 2 * answer.length);
        }
    });

    describe("control messages", () => {
        const PINGS = '{"type":"SockhopPing","data":{"_id":"x","_created":"y"}}\n'.repeat(1000);
        const LAST = frame("last");

        it("stays bounded for pings to a client whose server does not read", async () => {
            const { c, peer } = await deafServer({ max_buffered: 50_000 });
            const last = received(c, 1);
            let most = 0;
            const measure = setInterval(() => (most = Math.max(most, c.buffered)), 1);
            for (let n = 0; n < 40; n++) {
                if (!peer.write(PINGS)) await once(peer, "drain");
            }
            peer.write(LAST);
            expect(await last).to.deep.equal(["last"]);
            clearInterval(measure);
            expect(Math.max(most, c.buffered))
                .to.be.greaterThan(40_000)
                .and.lessThan(50_000 + 200);
            expect(c.connected).to.equal(true);
        });

        it("stays bounded for pings to a server whose client does not read", async () => {
            const { s, peer, session } = await deaf({ max_buffered: 50_000, slow_consumer: "drop" });
            const last = received(s, 1);
            for (let n = 0; n < 40; n++) {
                if (!peer.write(PINGS)) await once(peer, "drain");
            }
            peer.write(LAST);
            expect(await last).to.deep.equal(["last"]);
            expect(session.buffered)
                .to.be.greaterThan(40_000)
                .and.lessThan(50_000 + 200);
        });

        it("stays bounded for requests without a handler", async () => {
            const { s, peer, session } = await deaf({ max_buffered: 50_000, slow_consumer: "drop" });
            const last = received(s, 1);
            for (let n = 0; n < 100; n++) {
                if (!peer.write(request(`number ${n}`).repeat(100))) await once(peer, "drain");
            }
            peer.write(LAST);
            await last;
            expect(session.buffered)
                .to.be.greaterThan(40_000)
                .and.lessThan(50_000 + 300);
        });

        it("does not drop a paused server that therefore replies to no ping", async () => {
            const { s, peer, socket, session } = await deaf({ max_buffered: 50_000 });
            const last = received(s, 1);
            peer.write(PINGS.repeat(40) + LAST);
            await until(() => socket.isPaused());
            await turns(10);
            expect(session.buffered).to.be.lessThan(50_000 + 200);
            peer.resume();
            expect(await last).to.deep.equal(["last"]);
        });
    });
});
