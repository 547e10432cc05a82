import { expect } from "chai";
import fc from "fast-check";
import { execFile } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import {
    type EndOptions,
    type ReceiveMeta,
    SockhopClient,
    type SockhopResponseWriteableStream,
    SockhopServer,
    SockhopSession,
} from "../../src";
import {
    announced,
    client,
    crowd,
    pair,
    placeOf,
    raw,
    rawServer,
    rejection,
    server,
    socketPath,
} from "../support/pair";

/** More than the buffers of the system hold. */
const LARGE = "x".repeat(8 * 2 ** 20);
/** Several chunks. */
const LONG_ANSWER = "x".repeat(2 ** 18);
/** A time that no test takes. */
const LONG = 60_000;

interface Both {
    s: SockhopServer;
    c: SockhopClient;
    socket: net.Socket;
    session: SockhopSession;
}

async function both(): Promise<Both> {
    const { s, c, socket } = await pair();
    return { s, c, socket, session: s.sessions[0]! };
}

type End = (both: Pick<Both, "s" | "socket" | "session">, options?: EndOptions) => Promise<unknown>;

const ENDS_OF_A_SERVER: Record<string, End> = {
    "server.close()": ({ s }, options) => s.close(options),
    "server.disconnect()": ({ s }, options) => s.disconnect(options),
    "server.kill_socket()": ({ s, socket }, options) => s.kill_socket(socket, options),
    "session.kill()": ({ session }, options) => session.kill(options),
};

const ENDS: Record<string, (both: Both, options?: EndOptions) => Promise<unknown>> = {
    ...ENDS_OF_A_SERVER,
    "client.disconnect()": ({ c }, options) => c.disconnect(options),
};

/** A connection of a server whose peer reads nothing. */
async function stuck(): Promise<Pick<Both, "s" | "socket" | "session"> & { peer: net.Socket; sent: Promise<unknown> }> {
    const s = server();
    await s.listen();
    const accepted = announced(s, 1);
    const peer = await raw(s);
    const [socket] = (await accepted) as [net.Socket];
    const session = s.sessions[0]!;
    const sent = rejection(s.send(socket, LARGE));
    await turn(); // timers begin with the turn in which they are set, and this one has been long
    return { s, socket, session, peer, sent };
}

/** A client whose server reads nothing. */
async function stuckClient(): Promise<{ c: SockhopClient; socket: net.Socket; sent: Promise<unknown> }> {
    const c = client(await rawServer());
    await c.connect();
    const sent = rejection(c.send(LARGE));
    await turn();
    return { c, socket: c.socket!, sent };
}

/** Milliseconds that something takes. */
async function time(promise: Promise<unknown>): Promise<number> {
    const start = performance.now();
    await promise;
    return performance.now() - start;
}

async function refusesConnections(port: number): Promise<void> {
    const socket = net.connect(port, "127.0.0.1");
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).to.equal("ECONNREFUSED");
}

const turn = (): Promise<void> => new Promise(setImmediate);

class NeverReady extends SockhopSession {
    override start(): Promise<void> {
        return new Promise(() => undefined);
    }
}

describe("ending", () => {
    describe("at any moment", () => {
        const options: (EndOptions | undefined)[] = [
            undefined,
            { timeout: 0 },
            { timeout: 0, drain: true },
            { drain: true },
        ];

        /** The moments in the life of a server; each gives the sockets that must be gone afterwards. */
        const moments: Record<string, (s: SockhopServer) => net.Socket[] | Promise<net.Socket[]>> = {
            "before listen()": () => [],
            "in the turn of listen()": (s) => {
                s.listen().catch(() => undefined);
                return [];
            },
            "while it listens": async (s) => {
                await s.listen();
                return [];
            },
            "when a connection was accepted in this turn": async (s) => {
                const listener = await s.listen();
                const accepted = once(listener, "connection");
                (await raw(s)).resume();
                return (await accepted) as [net.Socket];
            },
            "when a client is connected": async (s) => {
                await s.listen();
                const accepted = announced(s, 1);
                await client(placeOf(s)).connect();
                return accepted;
            },
            "when all is ending already": async (s) => {
                await s.listen();
                const accepted = announced(s, 2);
                await client(placeOf(s)).connect();
                (await raw(s)).resume();
                const sockets = await accepted;
                void s.close();
                return sockets;
            },
            "when all has ended": async (s) => {
                await s.listen();
                await s.close();
                return [];
            },
        };

        for (const [moment, prepare] of Object.entries(moments)) {
            it(`close() and disconnect() of a server: ${moment}`, async () => {
                for (const option of options) {
                    for (const order of ["cd", "dc", "cc", "dd"]) {
                        const s = server();
                        const sockets = await prepare(s);
                        const { port } = (s.server.address() ?? {}) as { port?: number };
                        await Promise.all(
                            Array.from(order, (which) => (which === "c" ? s.close(option) : s.disconnect(option))),
                        );
                        expect(sockets.filter(({ destroyed }) => !destroyed)).to.deep.equal([]);
                        expect([s.sockets, s.sessions]).to.deep.equal([[], []]);
                        if (order === "dd") await s.close(option);
                        expect(s.server.listening).to.equal(false);
                        if (port !== undefined) await refusesConnections(port);
                    }
                }
            });
        }

        it("close(), disconnect() and kill() while a session is starting", async () => {
            for (const [name, end] of Object.entries(ENDS_OF_A_SERVER)) {
                for (const option of options) {
                    const created: SockhopSession[] = [];
                    class Session extends NeverReady {
                        constructor(socket: net.Socket, owner: SockhopServer) {
                            super(socket, owner);
                            created.push(this);
                        }
                    }
                    const s = server({ session_type: Session });
                    const listener = await s.listen();
                    const accepted = once(listener, "connection");
                    const peer = await raw(s);
                    await accepted;
                    const [session] = created as [SockhopSession];
                    const gone = once(peer.resume(), "close");
                    await end({ s, socket: session.sock, session }, option);
                    expect(session.sock.destroyed, name).to.equal(true);
                    await gone;
                    await s.close();
                }
            }
        });

        it("disconnect() of a client, whatever it is doing", async () => {
            const s = server();
            await s.listen();
            // Without a TLS server at the other end the handshake goes on and on.
            const silent = await rawServer();
            const doing: Record<string, (c: SockhopClient) => unknown> = {
                nothing: () => undefined,
                "connect() in this turn": (c) => c.connect(),
                "connecting since a turn": async (c) => {
                    const connecting = c.connect();
                    await turn();
                    expect(c.socket).to.be.instanceOf(net.Socket);
                    return connecting;
                },
                connected: async (c) => {
                    await c.connect();
                    c.auto_reconnect = true;
                    c.ping(1000);
                },
                reconnecting: async (c) => {
                    c.auto_reconnect = true;
                    await once(c, "connect");
                    c.socket!.destroy();
                    await once(c, "reconnecting");
                },
                "an attempt by auto_reconnect": async (c) => {
                    c.auto_reconnect = true;
                    await turn();
                },
                disconnecting: async (c) => {
                    await c.connect();
                    void c.disconnect();
                },
                disconnected: async (c) => {
                    await c.connect();
                    await c.disconnect();
                },
            };
            for (const [name, prepare] of Object.entries(doing)) {
                for (const option of options) {
                    const tls = { ssl: true, ...silent };
                    for (const place of name.startsWith("connecting") ? [placeOf(s), tls] : [placeOf(s)]) {
                        const c = client({ ...place, auto_reconnect_interval: LONG });
                        const preparing = Promise.resolve(prepare(c));
                        const settled = preparing.then(
                            () => "resolved",
                            (error: unknown) => (error as { code: string }).code,
                        );
                        await (name.startsWith("connect") && name !== "connected" ? turn() : settled);
                        const { socket } = c;
                        await Promise.all([c.disconnect(option), c.disconnect(option)]);
                        await c.disconnect(option);
                        expect(socket?.destroyed ?? true, name).to.equal(true);
                        expect([c.connected, c.auto_reconnect, c.interval_timer], name).to.deep.equal([
                            false,
                            false,
                            null,
                        ]);
                        expect(c.socket ?? null).to.equal(null);
                        expect(await settled, name).to.be.oneOf(["resolved", "ERR_ABORTED"]);
                    }
                }
            }
        });
    });

    it("resolves when every socket is gone, and the port refuses", async () => {
        const { s, clients } = await crowd(10);
        const sockets = s.sockets;
        const port = s.get_bound_port()!;
        await s.close();
        expect(sockets.map(({ destroyed, closed }) => [destroyed, closed])).to.deep.equal(Array(10).fill([true, true]));
        await refusesConnections(port);
        const own = clients.map((c) => c.socket);
        await Promise.all(clients.map((c) => c.disconnect()));
        expect(own.every((socket) => socket?.destroyed ?? true)).to.equal(true);
    });

    it("server.disconnect() resolves when every socket is gone, and the port does not refuse", async () => {
        const { s } = await crowd(3);
        const sockets = s.sockets;
        expect(await s.disconnect({ timeout: LONG })).to.deep.equal([undefined, undefined, undefined]);
        expect(sockets.every(({ closed }) => closed)).to.equal(true);
        const c = client(placeOf(s));
        await c.connect();
        expect(c.connected).to.equal(true);
    });

    it("a connection that is gone already takes no time, and does nobody harm", async () => {
        const { s, c, socket, session } = await both();
        const gone = once(s, "disconnect");
        await session.kill();
        await gone;
        let events = 0;
        s.on("disconnect", () => (events += 1));
        await Promise.all([
            session.kill(),
            s.kill_socket(socket, { timeout: 0 }),
            s.kill_socket(socket, { drain: true }),
        ]);
        await c.disconnect();
        await turn();
        expect(events).to.equal(0);
    });

    describe("what was sent", () => {
        for (const [name, end] of Object.entries(ENDS_OF_A_SERVER)) {
            for (const drain of [false, true]) {
                it(`goes out first to a slow reader: ${name}${drain ? " with drain" : ""}`, async () => {
                    const s = server();
                    await s.listen();
                    const accepted = announced(s, 1);
                    const peer = await raw(s);
                    const [socket] = (await accepted) as [net.Socket];
                    const sent = s.send(socket, LARGE);
                    const ended = end({ s, socket, session: s.sessions[0]! }, { timeout: LONG, drain });
                    let bytes = 0;
                    for await (const chunk of peer) {
                        bytes += (chunk as Buffer).length;
                        if (bytes < 2 ** 20) await turn();
                    }
                    await Promise.all([sent, ended]);
                    expect(bytes).to.equal(Buffer.byteLength(`{"type":"String","data":"${LARGE}"}\n`));
                    expect(socket.destroyed).to.equal(true);
                });
            }

            it(`is cut after the timeout when the peer reads nothing: ${name}`, async () => {
                for (const [timeout, drain] of [
                    [0, false],
                    [0, true],
                    [40, false],
                    [40, true],
                ] as const) {
                    const { sent, ...rest } = await stuck();
                    const gone = once(rest.s, "disconnect");
                    const took = await time(end(rest, { timeout, drain }));
                    expect(took).to.be.within(timeout / 2, 2000);
                    expect(rest.socket.destroyed).to.equal(true);
                    expect(await sent).to.have.property("code", "ERR_SOCKET_DESTROYED");
                    await gone;
                }
            });

            it(`is cut sooner when asked again with less time: ${name}`, async () => {
                const { sent, ...rest } = await stuck();
                const first = end(rest, { timeout: LONG });
                await end(rest, { timeout: 0 });
                expect(rest.socket.destroyed).to.equal(true);
                await first;
                await sent;
            });

            it(`is not cut later when asked again with more time: ${name}`, async () => {
                const rest = await stuck();
                const took = time(end(rest, { timeout: 20 }));
                const second = end(rest, { timeout: LONG });
                expect(await took).to.be.within(10, 2000);
                await second;
            });
        }

        it("by a client goes out first to a slow server", async () => {
            for (const drain of [false, true]) {
                let bytes = 0;
                const c = client(
                    await rawServer((socket) => {
                        setImmediate(() => socket.on("data", (chunk) => (bytes += chunk.length)));
                    }),
                );
                await c.connect();
                const { socket } = c;
                const sent = c.send(LARGE);
                await c.disconnect({ timeout: LONG, drain });
                await sent;
                expect(socket!.destroyed).to.equal(true);
                expect(bytes).to.equal(Buffer.byteLength(`{"type":"String","data":"${LARGE}"}\n`));
            }
        });

        it("by a client is cut after the timeout, and sooner when asked again with less", async () => {
            for (const timeout of [0, 40]) {
                const { c, socket, sent } = await stuckClient();
                expect(await time(c.disconnect({ timeout }))).to.be.within(timeout / 2, 2000);
                expect(socket.destroyed).to.equal(true);
                expect(await sent).to.have.property("code", "ERR_SOCKET_DESTROYED");
            }
            const { c, socket } = await stuckClient();
            const first = c.disconnect({ timeout: LONG });
            await c.disconnect({ timeout: 0 });
            expect(socket.destroyed).to.equal(true);
            await first;
        });

        it("is cut for the one that does not read only", async () => {
            const { s, peer, socket } = await stuck();
            const c = client(placeOf(s));
            const connected = announced(s, 1);
            await c.connect();
            const [reader] = (await connected) as [net.Socket];
            const arrived = once(c, "receive");
            const sent = s.send(reader, LARGE);
            const closed = s.close({ timeout: LONG });
            expect((await arrived)[0]).to.equal(LARGE);
            await sent;
            expect([socket.destroyed, peer.destroyed]).to.deep.equal([false, false]);
            await s.close({ timeout: 0 });
            expect(socket.destroyed).to.equal(true);
            await closed;
        });
    });

    describe("with drain", () => {
        /** One end of a connection: what speaks, and what hears. */
        interface Side {
            talk: SockhopClient | SockhopSession;
            hear: SockhopClient | SockhopServer;
        }

        /** The end that ends the connection, and the other. */
        function sides({ s, c, session }: Both, name: string): [here: Side, there: Side] {
            const [server, client] = [
                { talk: session, hear: s },
                { talk: c, hear: c },
            ];
            return name.startsWith("client") ? [client, server] : [server, client];
        }

        /** Something that is under way. */
        interface Work {
            finish(): unknown;
            result: Promise<unknown>;
            expected: unknown;
        }

        const kinds: Record<string, (asker: Side, answerer: Side) => Promise<Work>> = {
            "a callback": async (asker, answerer) => {
                const heard = once(answerer.hear, "receive");
                const result = new Promise((resolve) => void asker.talk.send("question", resolve));
                const [, { callback }] = (await heard) as [string, { callback: (value: unknown) => void }];
                return { finish: () => callback(LONG_ANSWER), result, expected: LONG_ANSWER };
            },
            "a streamed answer": async (asker, answerer) => {
                const heard = once(answerer.hear, "request");
                const stream = await asker.talk.request("question");
                const [, response] = (await heard) as [
                    unknown,
                    { write(value: unknown): Promise<void>; end(): Promise<void> },
                ];
                await response.write("first");
                const finish = async (): Promise<void> => {
                    await response.write(LONG_ANSWER);
                    await turn();
                    await response.end();
                };
                const result = stream.all().then((packets) => packets.map(({ data }) => data as unknown));
                return { finish, result, expected: ["first", LONG_ANSWER, {}] };
            },
        };

        /** A message each way: what was done before has arrived. */
        async function roundTrip(one: Side, other: Side): Promise<void> {
            const [there, back] = [once(other.hear, "receive"), once(one.hear, "receive")];
            await one.talk.send("there");
            expect((await there)[0]).to.equal("there");
            await other.talk.send("back");
            expect((await back)[0]).to.equal("back");
        }

        for (const [name, end] of Object.entries(ENDS)) {
            for (const [what, begin] of Object.entries(kinds)) {
                it(`waits for ${what} that this end has asked for, and that it owes: ${name}`, async () => {
                    for (const asked of [true, false]) {
                        const ends = await both();
                        const [here, there] = sides(ends, name);
                        const work = await (asked ? begin(here, there) : begin(there, here));
                        let over = false;
                        const ended = end(ends, { timeout: LONG, drain: true }).then(() => (over = true));
                        await roundTrip(there, here);
                        await roundTrip(there, here);
                        expect([over, ends.c.connected, ends.s.sockets]).to.deep.equal([false, true, [ends.socket]]);
                        work.finish();
                        expect(await work.result).to.deep.equal(work.expected);
                        await ended;
                        expect((name.startsWith("client") ? ends.c.socket : ends.socket)?.destroyed ?? true).to.equal(
                            true,
                        );
                        expect([ends.s["_connections"].size, ends.c.auto_reconnect]).to.deep.equal([0, false]);
                    }
                });
            }

            it(`refuses new requests, while messages still go: ${name}`, async () => {
                const ends = await both();
                const [here, there] = sides(ends, name);
                let handled = 0;
                here.hear.on("request", (_: unknown, response: SockhopResponseWriteableStream) => {
                    handled += 1;
                    void response.send("no");
                });
                const work = await kinds["a callback"]!(here, there);
                const ended = end(ends, { timeout: LONG, drain: true });
                expect(await rejection(there.talk.ask("new"))).to.have.property("code", "ERR_REQUEST_FAILED");
                await roundTrip(here, there);
                // A question of the other end is answered, and waited for.
                here.hear.once("receive", (_: unknown, meta: ReceiveMeta) => meta.callback!("an answer"));
                const answer = new Promise((resolve) => void there.talk.send("another question", resolve));
                expect(await answer).to.equal("an answer");
                work.finish();
                await Promise.all([work.result, ended]);
                expect(handled).to.equal(0);
            });

            it(`is not held up by what was given up or has failed: ${name}`, async () => {
                const ends = await both();
                const [here, there] = sides(ends, name);
                const abort = new AbortController();
                const { signal } = abort;
                const failed: unknown[] = [];
                const heard = once(there.hear, "request");
                await here.talk.send("a question", () => undefined, {
                    signal,
                    failed: ({ code }) => failed.push(code),
                });
                const asked = rejection(here.talk.ask("a request", { signal }));
                await heard;
                const owed = await kinds["a streamed answer"]!(there, here);
                const stream = await there.talk.request("a request that is given up");
                stream.end();
                const ended = end(ends, { timeout: LONG, drain: true });
                await roundTrip(there, here);
                abort.abort();
                expect(await asked).to.have.property("code", "ERR_ABORTED");
                owed.finish();
                await Promise.all([ended, owed.result]);
                expect(failed).to.deep.equal(["ERR_ABORTED"]);
            });

            it(`takes no longer than the timeout, and what has waited fails: ${name}`, async () => {
                for (const timeout of [0, 40]) {
                    const ends = await both();
                    const [here, there] = sides(ends, name);
                    const failed: unknown[] = [];
                    const answered: unknown[] = [];
                    const called = once(there.hear, "receive");
                    there.hear.on("request", () => undefined);
                    const requested = once(here.hear, "request");
                    void here.talk.send("question", (value) => answered.push(value), {
                        failed: ({ code }) => failed.push(code),
                    });
                    const mine = rejection(here.talk.ask("request"));
                    const theirs = rejection(there.talk.ask("request"));
                    const [, response] = (await requested) as [unknown, { signal: AbortSignal }];
                    const given = once(response.signal, "abort");
                    await called;
                    expect(await time(end(ends, { timeout, drain: true }))).to.be.within(timeout / 2, 2000);
                    expect(await mine).to.have.property("code", "ERR_SOCKET_DESTROYED");
                    expect(await theirs).to.have.property("code", "ERR_SOCKET_DESTROYED");
                    await given;
                    expect([failed, answered]).to.deep.equal([["ERR_SOCKET_DESTROYED"], []]);
                }
            });

            it(`is over at once when asked again without: ${name}`, async () => {
                const ends = await both();
                const [here, there] = sides(ends, name);
                const work = await kinds["a callback"]!(here, there);
                work.result.then(
                    () => expect.fail("nobody has answered"),
                    () => undefined,
                );
                const own = name.startsWith("client") ? ends.c.socket! : ends.socket;
                const gone = once(there.hear, "disconnect");
                const first = end(ends, { timeout: LONG, drain: true });
                await roundTrip(there, here);
                await end(ends);
                expect(own.destroyed).to.equal(true);
                await first;
                await gone;
            });

            it(`ends when the other end leaves: ${name}`, async () => {
                const ends = await both();
                const [here, there] = sides(ends, name);
                const failed: unknown[] = [];
                const [heard, requested] = [once(there.hear, "receive"), once(here.hear, "request")];
                void here.talk.send("question", () => undefined, { failed: ({ code }) => failed.push(code) });
                const theirs = rejection(there.talk.ask("request"));
                await Promise.all([heard, requested]);
                const ended = end(ends, { timeout: LONG, drain: true });
                (there.hear === ends.c ? ends.c.socket! : ends.socket).destroy();
                await ended;
                expect(here.hear["_connections"].size).to.equal(0);
                expect(await theirs).to.have.property("code", "ERR_SOCKET_DESTROYED");
                expect(failed).to.deep.equal(["ERR_SOCKET_DESTROYED"]);
            });
        }

        it("is over at once when nothing is under way", async () => {
            for (const [name, end] of Object.entries(ENDS)) {
                expect(await time(end(await both(), { timeout: LONG, drain: true })), name).to.be.below(5000);
            }
        });

        it("waits for the answer to the request whose handler began it", async () => {
            for (const [name, end] of Object.entries(ENDS)) {
                const ends = await both();
                const [here, there] = sides(ends, name);
                let ended: unknown;
                here.hear.on("request", (_: unknown, response: SockhopResponseWriteableStream) => {
                    ended = end(ends, { timeout: LONG, drain: true });
                    setImmediate(() => void response.send("late"));
                });
                expect(await there.talk.ask("q"), name).to.equal("late");
                await ended;
            }
        });

        it("of one connection leaves the others alone", async () => {
            for (const name of ["server.kill_socket()", "session.kill()"]) {
                const ends = await both();
                const { s, socket } = ends;
                s.on("request", (request, response) => void response.send(request.data));
                const accepted = announced(s, 1);
                const other = client(placeOf(s));
                await other.connect();
                const [untouched] = (await accepted) as [net.Socket];
                const [here, there] = sides(ends, name);
                const work = await kinds["a callback"]!(here, there);
                const ended = ENDS[name]!(ends, { timeout: LONG, drain: true });
                expect(await rejection(ends.c.ask("new"))).to.have.property("code", "ERR_REQUEST_FAILED");
                expect(await other.ask("as before")).to.equal("as before");
                work.finish();
                await ended;
                expect(await other.ask("and afterwards")).to.equal("and afterwards");
                expect([s.sockets, untouched.destroyed, socket.destroyed]).to.deep.equal([[untouched], false, true]);
            }
        });

        it("server.close() takes no new connections, and listen() may follow at once", async () => {
            const ends = await both();
            const { s, c } = ends;
            const port = s.get_bound_port()!;
            const [here, there] = sides(ends, "server.close()");
            const work = await kinds["a callback"]!(here, there);
            const closed = s.close({ timeout: LONG, drain: true });
            await refusesConnections(port);
            await s.listen();
            s.on("request", (request, response) => void response.send(request.data));
            const fresh = client(placeOf(s));
            await fresh.connect();
            expect(await fresh.ask("new one")).to.equal("new one");
            work.finish();
            await closed;
            expect(await fresh.ask("still here")).to.equal("still here");
            await new Promise<void>((resolve) => (c.connected ? c.once("disconnect", () => resolve()) : resolve()));
        });

        it("server.close() waits for each of many connections as long as it needs", async () => {
            const { s, clients } = await crowd(5);
            const held: (() => unknown)[] = [];
            const all = new Promise<void>((resolve) => {
                s.on("request", (request, response) => {
                    if (held.push(() => response.send(request.data)) === clients.length) resolve();
                });
            });
            const answers = clients.map((c, n) => c.ask(n) as Promise<number>);
            await all;
            const closed = s.close({ timeout: LONG, drain: true });
            for (const [n, answer] of held.entries()) {
                expect(s.sockets).to.have.length(clients.length - n);
                const gone = once(s, "disconnect");
                answer();
                await gone;
            }
            await closed;
            expect(await Promise.all(answers)).to.deep.equal([0, 1, 2, 3, 4]);
        });

        it("turns auto_reconnect off at once, and the client does not come back", async () => {
            const { s, c, socket } = await both();
            c.auto_reconnect = true;
            c.ping(1000);
            let attempts = 0;
            c.on("reconnecting", () => (attempts += 1));
            s.on("connect", () => (attempts += 1));
            const heard = once(s, "receive");
            void c.send("question", () => undefined);
            await heard;
            const ended = c.disconnect({ timeout: LONG, drain: true });
            expect([c.auto_reconnect, c.interval_timer, c.connected]).to.deep.equal([false, null, true]);
            socket.destroy();
            await ended;
            await turn();
            expect([attempts, c.socket, c["_connections"].size]).to.deep.equal([0, null, 0]);
        });
    });

    it("rejects with ERR_BAD_OPTION for a time that is none, and can be asked again", async () => {
        for (const [name, end] of Object.entries(ENDS)) {
            for (const timeout of [-1, NaN, "soon" as unknown as number]) {
                for (const drain of [false, true]) {
                    const ends = await both();
                    expect(await rejection(end(ends, { timeout, drain })), name).to.have.property(
                        "code",
                        "ERR_BAD_OPTION",
                    );
                    await end(ends);
                    const own = name.startsWith("client") ? ends.c.socket : ends.socket;
                    expect(own?.destroyed ?? true, name).to.equal(true);
                }
            }
        }
    });

    it("rejects with ERR_BAD_OPTION also when there is nothing to end", async () => {
        for (const end of [client(), server()]) {
            expect(await rejection(end.disconnect({ timeout: -1 }))).to.have.property("code", "ERR_BAD_OPTION");
        }
        expect(await rejection(server().close({ timeout: -1 }))).to.have.property("code", "ERR_BAD_OPTION");
    });

    it("is what disposing does", async () => {
        const { s, c, socket, session } = await both();
        const own = c.socket!;
        const gone = once(c, "disconnect");
        await session[Symbol.asyncDispose]();
        expect(socket.destroyed).to.equal(true);
        await gone;
        c.auto_reconnect = true;
        await once(c, "connect");
        const port = s.get_bound_port()!;
        await c[Symbol.asyncDispose]();
        expect([own.destroyed, c.connected, c.auto_reconnect]).to.deep.equal([true, false, false]);
        await s[Symbol.asyncDispose]();
        expect(s.server.listening).to.equal(false);
        await refusesConnections(port);
    });

    it("is what the end of a block does to what it uses", async () => {
        let port: number;
        let sockets: net.Socket[];
        {
            await using s = new SockhopServer({ port: 0 });
            await s.listen();
            port = s.get_bound_port()!;
            await using c = new SockhopClient({ port });
            const accepted = announced(s, 1);
            await c.connect();
            sockets = [...(await accepted), c.socket!];
            await using session = s.sessions[0]!;
            const heard = once(c, "receive");
            await session.send("used");
            expect((await heard)[0]).to.equal("used");
        }
        expect(sockets.map(({ destroyed }) => destroyed)).to.deep.equal([true, true]);
        await refusesConnections(port);
    });

    it("leaves nothing that keeps a process alive", async () => {
        const program = `
            const Sockhop = require("sockhop");
            const { once } = require("node:events");
            const net = require("node:net");
            const path = ${JSON.stringify(socketPath())};
            const ends = {
                close: (s, c, o) => Promise.all([s.close(o), c.disconnect(o)]),
                disconnect: (s, c, o) => Promise.all([c.disconnect(o), s.disconnect(o)]).then(() => s.close(o)),
                kill: (s, c, o) => s.sessions[0].kill(o).then(() => Promise.all([s.close(o), c.disconnect(o)])),
            };
            process.stderr; // which Node itself opens when it destroys a socket
            const kinds = () => process.getActiveResourcesInfo().sort().join();
            (async () => {
                const before = kinds();
                const found = [];
                for (const place of [{ port: 0 }, { path }])
                for (const [name, end] of Object.entries(ends))
                for (const options of [{}, { timeout: 0 }, { drain: true, timeout: 5 }]) {
                    const s = new Sockhop.server(place);
                    await s.listen();
                    const c = new Sockhop.client({ ...place, port: s.get_bound_port(), auto_reconnect_interval: 60_000, queue: { max_age: 60_000 } });
                    c.send("in the queue");
                    const accepted = once(s, "connect");
                    c.auto_reconnect = true;
                    c.ping(1000); s.ping(1000);
                    await accepted;
                    c.send("question", () => {}, { timeout: 60_000 });
                    c.ask("x").catch(() => {}); s.sessions[0].ask("x").catch(() => {});
                    // Reads nothing; or all, where the time would be long.
                    const dead = place.path ? net.connect(path) : net.connect(s.get_bound_port());
                    dead.on("error", () => {});
                    if (options.timeout === undefined) dead.resume();
                    const second = once(s, "connect");
                    await second;
                    if (options.timeout !== undefined) s.send(s.sockets[1], "x".repeat(1e7)).catch(() => {});
                    await end(s, c, options);
                    dead.destroy();
                    if (!dead.closed) await once(dead, "close");
                    if (c.socket) throw new Error("a client has a socket");
                    await new Promise(setImmediate); await new Promise(setImmediate);
                    if (kinds() !== before) found.push({ name, place, options, before, after: kinds() });
                }
                console.log(JSON.stringify(found));
            })();`;
        const { stdout, stderr } = await promisify(execFile)(process.execPath, ["-e", program], {
            cwd: join(__dirname, "../.."),
            timeout: 15_000,
        });
        expect([stdout, stderr]).to.deep.equal(["[]\n", ""]);
    });

    it("gives one disconnect for each connect, and every promise resolves, in any order", async () => {
        const way = fc.constantFrom(...Object.keys(ENDS));
        const option = fc.record({ timeout: fc.constantFrom(0, 1, 5, LONG), drain: fc.boolean() });
        const steps = fc.array(fc.tuple(fc.oneof(way, fc.constantFrom("a question", "a request")), option, fc.nat(3)), {
            minLength: 1,
            maxLength: 6,
        });
        await fc.assert(
            fc.asyncProperty(steps, async (program) => {
                const s = server();
                const c = client();
                const balance = { c: 0, s: 0 };
                for (const [name, end] of [
                    ["c", c],
                    ["s", s],
                ] as const) {
                    end.on("connect", () => (balance[name] += 1));
                    end.on("disconnect", () => (balance[name] -= 1));
                }
                await s.listen();
                c.port = s.get_bound_port()!;
                const accepted = announced(s, 1);
                await c.connect();
                const [socket] = (await accepted) as [net.Socket];
                const own = c.socket!;
                const ends = { s, c, socket, session: s.sessions[0]! };
                const promises: Promise<unknown>[] = [];
                for (const [what, options, turns] of program) {
                    if (what === "a question") void c.send("q", () => undefined, { timeout: 1 }).catch(() => undefined);
                    else if (what === "a request") c.ask("q").catch(() => undefined);
                    else promises.push(ENDS[what]!(ends, options));
                    for (let n = 0; n < turns; n++) await turn();
                }
                await Promise.all([c.disconnect(), s.close()]);
                await Promise.all(promises);
                await turn(); // the server's last disconnect
                expect([balance, socket.destroyed, own.destroyed]).to.deep.equal([{ c: 0, s: 0 }, true, true]);
            }),
            { numRuns: 100 },
        );
    });
});
