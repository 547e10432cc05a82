import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import {
    type ClientOptions,
    ObjectBuffer,
    type ServerOptions,
    type SockhopClient,
    type SockhopError,
    type SockhopServer,
    type SockhopSession,
} from "../../src";
import { announced, client, later, pair, placeOf, raw, received, rejection, server, socketPath } from "../support/pair";
import { frame, turns, until } from "../support/eventLoop";

/** The data of the frames that a plain socket gets from now on. Reading begins at once. */
function valuesOf(socket: net.Socket): unknown[] {
    const buffer = new ObjectBuffer();
    const values: unknown[] = [];
    socket.on("data", (chunk) => {
        for (const { data } of buffer.buf2obj(chunk) as { data: unknown }[]) values.push(data);
    });
    return values;
}

/** More than the system and Node keep for a Unix domain socket. */
const LARGE = "x".repeat(2_000_000);

/** A server on a path, where the system keeps little, and a plain client of it that does not read. */
async function deaf(
    options: ServerOptions = {},
): Promise<{ s: SockhopServer; peer: net.Socket; socket: net.Socket; session: SockhopSession }> {
    const s = server({ path: socketPath(), ...options });
    await s.listen();
    const accepted = once(s, "connect");
    const peer = await raw(s);
    const [socket, session] = (await accepted) as [net.Socket, SockhopSession];
    return { s, peer, socket, session };
}

/** A client on a path, and the plain end of its connection, which does not read. */
async function deafServer(options: ClientOptions = {}): Promise<{ c: SockhopClient; peer: net.Socket }> {
    const path = socketPath();
    const listener = net.createServer();
    listener.listen(path);
    const accepted = once(listener, "connection");
    const c = client({ path, ...options });
    await c.connect();
    const [peer] = (await accepted) as [net.Socket];
    later(() => peer.destroy());
    peer.on("error", () => undefined);
    listener.close();
    return { c, peer };
}

/** Both ends in the same terms. */
async function deafEnd(which: "client" | "server"): Promise<{
    end: SockhopClient | SockhopServer;
    socket: net.Socket;
    about: unknown[];
    peer: net.Socket;
    send: (value: unknown) => Promise<void>;
    buffered: () => number;
}> {
    if (which === "client") {
        const { c, peer } = await deafServer();
        const socket = c.socket!;
        return { end: c, socket, about: [socket], peer, send: (value) => c.send(value), buffered: () => c.buffered };
    }
    const { s, peer, socket, session } = await deaf();
    return {
        end: s,
        socket,
        about: [socket, session],
        peer,
        send: (value) => session.send(value),
        buffered: () => session.buffered,
    };
}

describe("backpressure", () => {
    for (const which of ["client", "server"] as const) {
        describe(`of a ${which}`, () => {
            it("a peer that ends its side without reading is gone at once, and gets what was sent when it reads", async () => {
                const { end, socket, about, peer, send } = await deafEnd(which);
                const sent = send(LARGE);
                await turns(5);
                const gone = once(end, "disconnect");
                peer.end();
                expect(await gone).to.deep.equal(about);
                expect([socket.closed, socket.writableLength > 0]).to.deep.equal([false, true]);
                const values = valuesOf(peer);
                await sent;
                await until(() => values.length > 0);
                expect(values).to.deep.equal([LARGE]);
            });

            it("awaiting send() paces: no more waits than one message", async () => {
                const { peer, send, buffered } = await deafEnd(which);
                const block = "x".repeat(100_000);
                const COUNT = 40;
                let [sent, most] = [0, 0];
                const sending = (async () => {
                    for (; sent < COUNT; sent++) {
                        const written = send(block);
                        most = Math.max(most, buffered());
                        await written;
                    }
                })();
                await until(() => peer.readableLength > 0);
                await turns(20);
                const before = sent;
                expect(before).to.be.lessThan(COUNT / 2);
                expect(buffered()).to.be.greaterThan(0);

                const values: unknown[] = [];
                const buffer = new ObjectBuffer();
                peer.on("data", (chunk) => {
                    values.push(...buffer.buf2obj(chunk));
                    peer.pause(); // a slow reader
                    setImmediate(() => peer.resume());
                });
                await sending;
                await until(() => values.length === COUNT);
                expect(most).to.equal(Buffer.byteLength(frame(block)));
            });

            it("buffered is 0 when all is taken, and counts the bytes of what is sent in this very turn", async () => {
                const { peer, send, buffered } = await deafEnd(which);
                peer.resume();
                expect(buffered()).to.equal(0);
                let bytes = 0;
                const sent: Promise<void>[] = [];
                for (const text of ["plain", "é→😀", "", "😀".repeat(100)]) {
                    sent.push(send(text));
                    expect(buffered()).to.equal((bytes += Buffer.byteLength(frame(text))));
                }
                await Promise.all(sent);
                expect(buffered()).to.equal(0);
            });

            it("buffered counts bytes that were written and not taken", async () => {
                const { peer, send, buffered } = await deafEnd(which);
                const texts = ["→".repeat(500_000), "😀".repeat(500_000)];
                const sent = texts.map((text) => send(text));
                const all = Buffer.byteLength(texts.map((value) => frame(value)).join(""));
                expect(buffered()).to.equal(all);
                await turns(5);
                expect(buffered()).to.be.at.most(all).and.greaterThan(1_000_000);
                peer.resume();
                await Promise.all(sent);
                expect(buffered()).to.equal(0);
            });

            it("buffered is 0 when the connection has gone", async () => {
                const { peer, send, buffered } = await deafEnd(which);
                const sent = rejection(send(LARGE));
                expect(buffered()).to.be.greaterThan(LARGE.length);
                peer.destroy();
                expect(await sent).to.have.property("code", "ERR_SOCKET_DESTROYED");
                expect(buffered()).to.equal(0);
            });

            it("drain tells when what has waited is taken, with the connection", async () => {
                const { end, about, peer, send, buffered } = await deafEnd(which);
                const drained: unknown[][] = [];
                end.on("drain", (...args: unknown[]) => drained.push([...args, buffered()]));
                const sent = send(LARGE);
                await turns(10);
                expect(drained).to.deep.equal([]);
                peer.resume();
                await sent;
                await until(() => drained.length > 0);
                expect(drained).to.have.length(1);
                expect(drained[0]!.length).to.equal(about.length + 1);
                expect(about.every((each, index) => drained[0]![index] === each)).to.equal(true);
                expect(drained[0]!.at(-1)).to.equal(0);
            });

            it("there is no drain where little was sent", async () => {
                const { end, peer, send } = await deafEnd(which);
                let drained = 0;
                end.on("drain", () => (drained += 1));
                peer.resume();
                for (let n = 0; n < 10; n++) await send(n);
                await turns(5);
                expect(drained).to.equal(0);
            });

            it("many messages of one turn arrive in order, by few writes", async () => {
                const { socket, peer, send } = await deafEnd(which);
                const values = valuesOf(peer);
                let writes = 0;
                const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
                socket.write = (...args: unknown[]) => {
                    writes += 1;
                    return write(...args);
                };
                const numbers = Array.from({ length: 1000 }, (_, n) => n);
                await Promise.all(numbers.map((n) => send(n)));
                await until(() => values.length === 1000);
                expect(values).to.deep.equal(numbers);
                expect(writes).to.be.within(1, 8);
                await Promise.all(["a", "b", "c"].map((text) => send(text)));
                await send("d");
                expect(writes).to.be.within(3, 10);
            });

            it("a lone message goes out in the turn in which it is sent", async () => {
                const { socket, send } = await deafEnd(which);
                const seen: [string, boolean][] = [];
                const look = (when: string): void => {
                    seen.push([when, socket.bytesWritten > 0 && socket.writableLength === 0]);
                };
                await new Promise<void>((resolve) => {
                    setImmediate(() => {
                        setImmediate(() => {
                            look("in the next turn");
                            resolve();
                        });
                        void send("x");
                        process.nextTick(look, "at the end of this turn");
                    });
                });
                expect(seen).to.deep.equal([
                    ["at the end of this turn", true],
                    ["in the next turn", true],
                ]);
            });

            for (const [how, finish] of [
                ["end()", (socket: net.Socket) => socket.end()],
                ["destroy()", (socket: net.Socket) => socket.destroy()],
                ["destroySoon()", (socket: net.Socket) => (socket as unknown as { destroySoon(): void }).destroySoon()],
            ] as [string, (socket: net.Socket) => void][]) {
                it(`what was sent before the program calls ${how} in the same turn is delivered`, async () => {
                    const { end, socket, peer, send } = await deafEnd(which);
                    const values = valuesOf(peer);
                    const gone = once(end, "disconnect");
                    const ended = once(peer, "close");
                    void send("one");
                    void send("two");
                    finish(socket);
                    await Promise.all([gone, ended]);
                    expect(values).to.deep.equal(["one", "two"]);
                    expect(await rejection(send("three"))).to.have.property("code", "ERR_SOCKET_DESTROYED");
                });
            }
        });
    }
});

describe("order", () => {
    /** All that an end is told, in order. */
    function log(end: SockhopClient | SockhopServer): unknown[] {
        const heard: unknown[] = [];
        end.on("receive", (value: unknown) => heard.push(value));
        end.on("request", (request: { data: unknown }) => heard.push(request.data));
        return heard;
    }

    it("is kept between the ways of sending, within a turn and over turns", async () => {
        const { s, c, socket } = await pair();
        const [atServer, atClient] = [log(s), log(c)];
        const none = (): void => undefined;
        const swallow = (promise: Promise<unknown>): void => void promise.catch(none);
        const fromServer = [
            (n: number) => swallow(s.send(socket, n)),
            (n: number) => swallow(s.sendall(n)),
            (n: number) => swallow(s.send(socket, n, none)),
            (n: number) => swallow(s.request(socket, n)),
            (n: number) => swallow(s.sessions[0]!.send(n)),
            (n: number) => swallow(s.sendall(n)),
            (n: number) => swallow(s.ask(socket, n)),
        ];
        const fromClient = [
            (n: number) => swallow(c.send(n)),
            (n: number) => swallow(c.request(n)),
            (n: number) => swallow(c.send(n, none)),
            (n: number) => swallow(c.ask(n)),
        ];
        for (let n = 0; n < 400; n++) {
            fromServer[n % fromServer.length]!(n);
            fromClient[n % fromClient.length]!(n);
            if (n % 50 === 49) await new Promise(setImmediate);
            else if (n % 20 === 19) await Promise.resolve();
        }
        await until(() => atServer.length === 400 && atClient.length === 400);
        const order = Array.from({ length: 400 }, (_, n) => n);
        expect(atServer).to.deep.equal(order);
        expect(atClient).to.deep.equal(order);
    });

    it("is kept where large messages are between small ones, that are written early", async () => {
        const { s, c } = await pair();
        const sizes = [1, 3000, 10, 70_000, 5, 2047, 2048, 200_000, 3, 1];
        const values = received(s, sizes.length);
        await Promise.all(sizes.map((size) => c.send("é".repeat(size))));
        expect(((await values) as string[]).map(({ length }) => length)).to.deep.equal(sizes);
    });

    it("answers come in the order in which they were given", async () => {
        const { s, c } = await pair();
        s.on("receive", (value, { callback }) => callback!(value));
        const answers: unknown[] = [];
        await new Promise<void>((resolve) => {
            for (let n = 0; n < 300; n++) {
                void c.send(n, (answer) => {
                    if (answers.push(answer) === 300) resolve();
                });
            }
        });
        expect(answers).to.deep.equal(Array.from({ length: 300 }, (_, n) => n));
    });

    it("promises resolve in the order of their messages", async () => {
        const { c } = await pair();
        const settled: number[] = [];
        await Promise.all(
            Array.from({ length: 200 }, async (_, n) => {
                await c.send("x".repeat(n * 10));
                settled.push(n);
            }),
        );
        expect(settled).to.deep.equal(Array.from({ length: 200 }, (_, n) => n));
    });
});

describe("sendall()", () => {
    type Failed = SockhopError & { failures: { socket: net.Socket; error: SockhopError }[] };

    /** A server on a path with some clients, and one more that does not read. */
    async function oneDeaf(
        count: number,
        options: ServerOptions = {},
    ): Promise<{ s: SockhopServer; clients: SockhopClient[]; peer: net.Socket; slow: net.Socket }> {
        const { s, peer, socket: slow } = await deaf(options);
        const clients = Array.from({ length: count }, () => client(placeOf(s)));
        const accepted = announced(s, count);
        for (const c of clients) await c.connect();
        await accepted;
        return { s, clients, peer, slow };
    }

    it("waits about a second for a client that does not read; the others have it long before", async () => {
        const { s, clients, peer } = await oneDeaf(3);
        const arrived = Promise.all(clients.map((c) => received(c, 1)));
        const start = performance.now();
        let resolved = false;
        const sent = s.sendall(LARGE).finally(() => (resolved = true));
        expect((await arrived).map(([value]) => (value as string).length)).to.deep.equal(Array(3).fill(LARGE.length));
        expect(resolved).to.equal(false);
        expect(await sent).to.deep.equal(Array(4).fill(undefined));
        expect(performance.now() - start).to.be.within(950, 5000);
        const values = valuesOf(peer); // it gets it, too, when it reads
        await until(() => values.length === 1);
        expect((values[0] as string).length).to.equal(LARGE.length);
    });

    it("waits for a client that does not read once, and not again until it has caught up", async () => {
        const { s, peer } = await deaf();
        const c = client(placeOf(s));
        const accepted = announced(s, 1);
        await c.connect();
        await accepted;
        const arrived = received(c, 5);
        await s.sendall(LARGE); // takes a second
        const start = performance.now();
        for (let n = 0; n < 4; n++) await s.sendall(n);
        expect(performance.now() - start).to.be.below(1000);
        expect((await arrived).slice(1)).to.deep.equal([0, 1, 2, 3]);

        const values = valuesOf(peer);
        await until(() => values.length === 5);
        await s.sendall("all have caught up");
        await until(() => values.length === 6);
    });

    it("resolves as soon as all have it", async () => {
        const { s, peer } = await oneDeaf(3);
        const sent = s.sendall(LARGE);
        await turns(5);
        const start = performance.now();
        peer.resume();
        expect(await sent).to.have.length(4);
        expect(performance.now() - start).to.be.lessThan(900);
    });

    it("tells of a client for which too much waits, which does not get it, and the others do", async () => {
        for (const slow_consumer of ["wait", "drop"] as const) {
            const { s, clients, peer, slow } = await oneDeaf(2, { max_buffered: 1_000_000, slow_consumer });
            const arrived = Promise.all(clients.map((c) => received(c, 2)));
            void s.send(slow, LARGE);
            await turns(5);
            for (const value of ["one", "two"]) {
                const error = (await rejection(s.sendall(value))) as Failed;
                expect(error).to.have.property("code", "ERR_BUFFER_FULL");
                expect(error.failures.map(({ socket }) => socket === slow)).to.deep.equal([true]);
                expect(error.failures[0]!.error).to.have.property("code", "ERR_BUFFER_FULL");
            }
            expect(await arrived).to.deep.equal(Array(2).fill(["one", "two"]));
            const values = valuesOf(peer);
            await until(() => values.length === 1);
            await s.sendall("three");
            await until(() => values.length === 2);
            expect(values[1]).to.equal("three");
        }
    });

    it('cuts that client with "disconnect"', async () => {
        const { s, clients, slow } = await oneDeaf(2, { max_buffered: 1_000_000, slow_consumer: "disconnect" });
        const arrived = Promise.all(clients.map((c) => received(c, 1)));
        const errors: unknown[] = [];
        s.on("error", ({ code }: Error & { code?: string }, socket) => errors.push([code, socket === slow]));
        const left = new Promise((resolve) => s.once("disconnect", resolve));
        void s.send(slow, LARGE);
        await turns(5);
        const error = (await rejection(s.sendall("value"))) as Failed;
        expect(error.failures.map(({ socket }) => socket === slow)).to.deep.equal([true]);
        expect(await left).to.equal(slow);
        expect(errors).to.deep.equal([["ERR_BUFFER_FULL", true]]);
        expect(await arrived).to.deep.equal([["value"], ["value"]]);
        expect(s.sockets).to.have.length(2);
    });

    it("paces where no client reads", async () => {
        const { s, peer } = await deaf();
        const second = await raw(s);
        await until(() => s.sockets.length === 2);
        let resolved = false;
        const sent = s.sendall(LARGE).then(() => (resolved = true));
        await turns(20);
        expect(resolved).to.equal(false);
        peer.resume();
        second.resume();
        await sent;
    });

    it("rejects when all have settled, if connections have broken, with all of these", async () => {
        const s = server({ path: socketPath() });
        await s.listen();
        const accepted = announced(s, 4);
        const peers = [await raw(s), await raw(s), await raw(s), await raw(s)];
        const sockets = await accepted;
        let rejected = false;
        const sent = rejection(s.sendall(LARGE)).finally(() => (rejected = true));
        peers[0]!.resume();
        peers[1]!.destroy();
        peers[2]!.destroy();
        await until(() => s.sockets.length === 2);
        expect(rejected).to.equal(false); // the last one has not settled
        const values = valuesOf(peers[3]!);
        const error = (await sent) as Failed;
        expect(error).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(error.failures.map(({ socket }) => sockets.indexOf(socket)).sort()).to.deep.equal([1, 2]);
        expect(error.failures.map(({ error: { code } }) => code)).to.deep.equal(Array(2).fill("ERR_SOCKET_DESTROYED"));
        await until(() => values.length === 1);
    });

    it("harms nobody who does not look at the promise", async () => {
        const { s, peer } = await oneDeaf(1);
        const unhandled: unknown[] = [];
        const note = (error: unknown): void => void unhandled.push(error);
        const listeners = process.rawListeners("unhandledRejection") as (() => void)[];
        process.removeAllListeners("unhandledRejection");
        process.on("unhandledRejection", note);
        later(() => {
            process.off("unhandledRejection", note);
            for (const listener of listeners) process.on("unhandledRejection", listener);
        });
        void s.sendall(LARGE);
        await turns(2);
        peer.destroy();
        await until(() => s.sockets.length === 1);
        await turns(10);
        expect(unhandled).to.deep.equal([]);
    });

    it("resolves to one undefined for each client, and to none without any", async () => {
        const { s } = await oneDeaf(2);
        expect(await s.sendall("small")).to.deep.equal([undefined, undefined, undefined]);
        const lonely = server();
        expect(await lonely.sendall("small")).to.deep.equal([]);
    });
});

describe("a program that exits in the turn of send()", () => {
    const LARGER = "é".repeat(25_000);

    /** Runs a program that uses the built package. */
    function start(program: string, ...args: string[]): { stdout: NodeJS.ReadableStream; ended: Promise<unknown[]> } {
        const child = spawn(process.execPath, ["-e", program, ...args], {
            cwd: join(__dirname, "../.."),
            stdio: ["ignore", "pipe", "inherit"],
        });
        later(() => child.kill());
        return { stdout: child.stdout, ended: once(child, "exit") };
    }

    const SAY = `
        const say = (send) => { send("one"); send({ two: 2 }); send("é".repeat(25000)); send("last"); process.exit(7); };`;
    const SAID = ["one", { two: 2 }, LARGER, "last"];

    it("as a client has sent all of it", async () => {
        for (const path of [null, socketPath()]) {
            const s = server({ path });
            await s.listen();
            const values = received(s, 4);
            const { ended } = start(
                `const S = require("sockhop"); ${SAY}
                 const c = new S.client(JSON.parse(process.argv[1]));
                 c.connect().then(() => say((value) => c.send(value)));`,
                JSON.stringify(placeOf(s)),
            );
            expect(await values).to.deep.equal(SAID);
            expect(await ended).to.deep.equal([7, null]);
        }
    });

    it("as a server has sent all of it, also to all", async () => {
        for (const way of ["s.send(socket, value)", "s.sendall(value)"]) {
            const { stdout, ended } = start(
                `const S = require("sockhop"); ${SAY}
                 const s = new S.server({ port: 0 });
                 s.on("connect", (socket) => say((value) => ${way}));
                 s.listen().then(() => console.log(s.get_bound_port()));`,
            );
            const [port] = (await once(stdout, "data")) as [Buffer];
            const peer = net.connect(Number(String(port)), "127.0.0.1");
            later(() => peer.destroy());
            const values = valuesOf(peer);
            await Promise.all([once(peer, "close"), ended]);
            expect(values).to.deep.equal(SAID);
            expect(await ended).to.deep.equal([7, null]);
        }
    });
});
