import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import type {
    SockhopClient,
    SockhopServer,
    SockhopSession,
    ReceiveMeta,
    SockhopResponseWriteableStream,
} from "../../src";
import { announced, client, crowd, placeOf, rejection } from "../support/pair";
import { fakeTime, timeOf } from "../support/fakeTime";
import { LONG, type Both, both, ENDS, refusesConnections, turn } from "../support/closing";

/** Several chunks. */
const LONG_ANSWER = "x".repeat(2 ** 18);

describe("closing", () => {
    describe("with drain", () => {
        /** One end of a connection: its sender and its receiver. */
        interface Side {
            sender: SockhopClient | SockhopSession;
            receiver: SockhopClient | SockhopServer;
        }

        /** The end that closes the connection, and the other. */
        function sides({ s, c, session }: Both, name: string): [here: Side, there: Side] {
            const [server, client] = [
                { sender: session, receiver: s },
                { sender: c, receiver: c },
            ];
            return name.startsWith("client") ? [client, server] : [server, client];
        }

        /** A pending call or request. */
        interface Work {
            finish(): unknown;
            result: Promise<unknown>;
            expected: unknown;
        }

        const kinds: Record<string, (caller: Side, callee: Side) => Promise<Work>> = {
            "a callback": async (caller, callee) => {
                const heard = once(callee.receiver, "receive");
                const result = new Promise((resolve) => void caller.sender.send("question", resolve));
                const [, { callback }] = (await heard) as [string, { callback: (value: unknown) => void }];
                return { finish: () => callback(LONG_ANSWER), result, expected: LONG_ANSWER };
            },
            "a streamed answer": async (caller, callee) => {
                const heard = once(callee.receiver, "request");
                const stream = await caller.sender.request("question");
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

        /** Sends a message each way: everything sent before has arrived. */
        async function roundTrip(one: Side, other: Side): Promise<void> {
            const [there, back] = [once(other.receiver, "receive"), once(one.receiver, "receive")];
            await one.sender.send("there");
            expect((await there)[0]).to.equal("there");
            await other.sender.send("back");
            expect((await back)[0]).to.equal("back");
        }

        for (const [name, end] of Object.entries(ENDS)) {
            for (const [what, begin] of Object.entries(kinds)) {
                it(`waits for ${what} of either end: ${name}`, async () => {
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

            it(`rejects new requests, but still sends messages: ${name}`, async () => {
                const ends = await both();
                const [here, there] = sides(ends, name);
                let handled = 0;
                here.receiver.on("request", (_: unknown, response: SockhopResponseWriteableStream) => {
                    handled += 1;
                    void response.send("no");
                });
                const work = await kinds["a callback"]!(here, there);
                const ended = end(ends, { timeout: LONG, drain: true });
                expect(await rejection(there.sender.ask("new"))).to.have.property("code", "ERR_REQUEST_FAILED");
                await roundTrip(here, there);
                // A call of the other end is replied to, and awaited.
                here.receiver.once("receive", (_: unknown, meta: ReceiveMeta) => meta.callback!("an answer"));
                const answer = new Promise((resolve) => void there.sender.send("another question", resolve));
                expect(await answer).to.equal("an answer");
                work.finish();
                await Promise.all([work.result, ended]);
                expect(handled).to.equal(0);
            });

            it(`does not wait for aborted or failed calls: ${name}`, async () => {
                const ends = await both();
                const [here, there] = sides(ends, name);
                const abort = new AbortController();
                const { signal } = abort;
                const failed: unknown[] = [];
                const heard = once(there.receiver, "request");
                await here.sender.send("a question", () => undefined, {
                    signal,
                    failed: ({ code }) => failed.push(code),
                });
                const asked = rejection(here.sender.ask("a request", { signal }));
                await heard;
                const owed = await kinds["a streamed answer"]!(there, here);
                const stream = await there.sender.request("a request that is given up");
                stream.end();
                const ended = end(ends, { timeout: LONG, drain: true });
                await roundTrip(there, here);
                abort.abort();
                expect(await asked).to.have.property("code", "ERR_ABORTED");
                owed.finish();
                await Promise.all([ended, owed.result]);
                expect(failed).to.deep.equal(["ERR_ABORTED"]);
            });

            it(`ends after the timeout, and pending replies fail: ${name}`, async () => {
                for (const timeout of [0, 40]) {
                    const ends = await both();
                    const [here, there] = sides(ends, name);
                    const failed: unknown[] = [];
                    const answered: unknown[] = [];
                    const called = once(there.receiver, "receive");
                    there.receiver.on("request", () => undefined);
                    const requested = once(here.receiver, "request");
                    void here.sender.send("question", (value) => answered.push(value), {
                        failed: ({ code }) => failed.push(code),
                    });
                    const mine = rejection(here.sender.ask("request"));
                    const theirs = rejection(there.sender.ask("request"));
                    const [, response] = (await requested) as [unknown, { signal: AbortSignal }];
                    const given = once(response.signal, "abort");
                    await called;
                    const clock = fakeTime();
                    expect(await timeOf(clock, end(ends, { timeout, drain: true }))).to.be.within(timeout, 2000);
                    clock.uninstall();
                    expect(await mine).to.have.property("code", "ERR_SOCKET_DESTROYED");
                    expect(await theirs).to.have.property("code", "ERR_SOCKET_DESTROYED");
                    await given;
                    expect([failed, answered]).to.deep.equal([["ERR_SOCKET_DESTROYED"], []]);
                }
            });

            it(`ends at once when called again without drain: ${name}`, async () => {
                const ends = await both();
                const [here, there] = sides(ends, name);
                const work = await kinds["a callback"]!(here, there);
                work.result.then(
                    () => expect.fail("nobody has answered"),
                    () => undefined,
                );
                const own = name.startsWith("client") ? ends.c.socket! : ends.socket;
                const gone = once(there.receiver, "disconnect");
                const first = end(ends, { timeout: LONG, drain: true });
                await roundTrip(there, here);
                await end(ends);
                expect(own.destroyed).to.equal(true);
                await first;
                await gone;
            });

            it(`ends when the other end closes: ${name}`, async () => {
                const ends = await both();
                const [here, there] = sides(ends, name);
                const failed: unknown[] = [];
                const [heard, requested] = [once(there.receiver, "receive"), once(here.receiver, "request")];
                void here.sender.send("question", () => undefined, { failed: ({ code }) => failed.push(code) });
                const theirs = rejection(there.sender.ask("request"));
                await Promise.all([heard, requested]);
                const ended = end(ends, { timeout: LONG, drain: true });
                (there.receiver === ends.c ? ends.c.socket! : ends.socket).destroy();
                await ended;
                expect(here.receiver["_connections"].size).to.equal(0);
                expect(await theirs).to.have.property("code", "ERR_SOCKET_DESTROYED");
                expect(failed).to.deep.equal(["ERR_SOCKET_DESTROYED"]);
            });
        }

        it("ends at once if nothing is pending", async () => {
            for (const [name, end] of Object.entries(ENDS)) {
                const ends = await both();
                const clock = fakeTime();
                expect(await timeOf(clock, end(ends, { timeout: LONG, drain: true })), name).to.be.below(5000);
                clock.uninstall();
            }
        });

        it("waits for the response to the request whose handler has called it", async () => {
            for (const [name, end] of Object.entries(ENDS)) {
                const ends = await both();
                const [here, there] = sides(ends, name);
                let ended: unknown;
                here.receiver.on("request", (_: unknown, response: SockhopResponseWriteableStream) => {
                    ended = end(ends, { timeout: LONG, drain: true });
                    setImmediate(() => void response.send("late"));
                });
                expect(await there.sender.ask("q"), name).to.equal("late");
                await ended;
            }
        });

        it("affects only its own connection", async () => {
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

        it("accepts no new connections in server.close(), and listen() may follow at once", async () => {
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

        it("waits for each of many connections separately in server.close()", async () => {
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

        it("turns auto_reconnect off at once, and the client does not reconnect", async () => {
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
});
