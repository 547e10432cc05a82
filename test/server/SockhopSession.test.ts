import { expect } from "chai";
import { EventEmitter, once } from "node:events";
import type net from "node:net";
import { type SockhopServer, SockhopSession } from "../../src";
import { client, pair, placeOf, raw, received, rejection, server } from "../support/pair";

/** An event that the test triggers. */
function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
    let resolve!: () => void;
    let reject!: (error: Error) => void;
    const promise = new Promise<void>((...functions) => ([resolve, reject] = functions));
    return { promise, resolve, reject };
}

/** A session class whose start() waits for the test. */
function startingBy(promise: Promise<void>): typeof SockhopSession {
    return class extends SockhopSession {
        override start(): Promise<void> {
            return promise;
        }
    };
}

describe("SockhopSession", () => {
    it("is created for each connection, from the class in the options", async () => {
        class Mine extends SockhopSession {
            visits = 0;
        }
        const { s, c, socket } = await pair({ session_type: Mine });
        const [session] = s.sessions as [Mine];
        expect(session).to.be.instanceOf(Mine);
        expect([session.sock === socket, session.server === s, s.sessions.length]).to.deep.equal([true, true, 1]);
        s.on("receive", (_, meta) => ((meta.session as Mine).visits += 1));
        const arrived = received(s, 2);
        await c.send(1);
        await c.send(2);
        await arrived;
        expect(session.visits).to.equal(2);
        await client(placeOf(s)).connect();
        expect(s.sessions).to.have.length(2);
    });

    it("is a normal EventEmitter, also without listeners", async () => {
        class Chatty extends SockhopSession {
            readonly heard: unknown[] = [];
            constructor(sock?: net.Socket, server?: SockhopServer) {
                super(sock, server);
                this.on("word", (word) => this.heard.push(word));
            }
        }
        const [quiet, chatty] = [new SockhopSession(), new Chatty()];
        expect(quiet).to.be.instanceOf(EventEmitter);
        expect(SockhopSession.defaultMaxListeners).to.equal(EventEmitter.defaultMaxListeners);
        expect(quiet.emit("word")).to.equal(false);
        expect(() => quiet.emit("error", new Error("nobody listens"))).to.throw("nobody listens");
        expect([quiet.listenerCount("word"), quiet.eventNames(), quiet.rawListeners("word")]).to.deep.equal([
            0,
            [],
            [],
        ]);
        expect(quiet.off("word", () => undefined).removeAllListeners()).to.equal(quiet);
        expect(quiet.getMaxListeners()).to.equal(EventEmitter.defaultMaxListeners);
        expect(chatty.emit("word", 1)).to.equal(true);
        expect(chatty.heard).to.deep.equal([1]);
        const word = once(quiet, "word");
        quiet.emit("word", 3);
        expect(await word).to.deep.equal([3]);
        expect(quiet.eventNames()).to.deep.equal([]);
        expect(chatty.listenerCount("word")).to.equal(1); // no shared listeners
    });

    it("sends, requests and closes its connection, also if its constructor passes no arguments on", async () => {
        class Silent extends SockhopSession {
            // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- as in the README of 1.8
            constructor() {
                super();
            }
        }
        const { s, c } = await pair({ session_type: Silent });
        const [session] = s.sessions as [Silent];
        c.on("receive", (value, { callback }) => callback?.(value));
        c.on("request", ({ data }, response) => response.send(data));
        s.on("request", ({ data }, response) => response.send(data));
        expect(await new Promise((resolve) => session.send("called", resolve))).to.equal("called");
        expect(await session.ask("asked")).to.equal("asked");
        expect((await (await session.request("requested")).next()).data).to.equal("requested");
        expect(await c.ask("the other way")).to.equal("the other way");
        const gone = once(c, "disconnect");
        let disconnects = 0;
        s.on("disconnect", () => (disconnects += 1));
        await Promise.all([session.kill(), session.kill()]);
        await gone;
        await new Promise(setImmediate);
        expect([disconnects, s.sessions]).to.deep.equal([1, []]);
        expect(await rejection(session.send("late"))).to.have.property("code", "ERR_SOCKET_DESTROYED");
    });

    it("starts and ends in a fixed order", async () => {
        const log: unknown[] = [];
        const lists = (): unknown => [s.sockets.length, s.sessions.length, s.pings.size];
        class Logging extends SockhopSession {
            constructor(socket: net.Socket, of: typeof s) {
                super(socket, of);
                log.push(["constructed", lists()]);
            }

            override async start(): Promise<void> {
                log.push(["start", lists()]);
                await new Promise(setImmediate);
                log.push(["started", lists()]);
            }

            override async end(): Promise<void> {
                log.push(["end", lists()]);
                await new Promise(setImmediate);
                log.push(["ended", lists()]);
            }
        }
        const s = server({ session_type: Logging });
        s.on("connect", (_, session) => log.push(["connect", lists(), session instanceof Logging]));
        s.on("receive", (value) => log.push([value, lists()]));
        s.on("disconnect", (_, session) => log.push(["disconnect", lists(), session instanceof Logging]));
        await s.listen();
        const gone = once(s, "disconnect");
        (await raw(s)).end('{"type":"String","data":"sent before start() has resolved"}\n');
        await gone;
        expect(log).to.deep.equal([
            ["constructed", [0, 0, 0]],
            ["start", [0, 0, 0]],
            ["started", [0, 0, 0]],
            ["connect", [1, 1, 1], true],
            ["sent before start() has resolved", [1, 1, 1]],
            ["end", [1, 1, 1]],
            ["ended", [0, 0, 0]],
            ["disconnect", [0, 0, 0], true],
        ]);
    });

    describe("start()", () => {
        it("refuses a connection by throwing or rejecting, and the server continues", async () => {
            for (const start of [
                () => {
                    throw new Error("no");
                },
                () => Promise.reject(new Error("no")),
            ]) {
                let refusing = true;
                class Strict extends SockhopSession {
                    ended = false;

                    override start(): unknown {
                        return refusing ? start() : undefined;
                    }

                    override end(): void {
                        throw new Error("end() of what has not begun");
                    }
                }
                const s = server({ session_type: Strict });
                const errors: unknown[] = [];
                const connects: unknown[] = [];
                s.on("error", (error, socket, session) =>
                    errors.push([error.message, !!socket, session instanceof Strict]),
                );
                s.on("connect", (socket) => connects.push(socket));
                await s.listen();
                const refused = client(placeOf(s));
                const gone = once(refused, "disconnect");
                await refused.connect();
                await gone;
                expect([errors, connects, s.sockets]).to.deep.equal([[["no", true, true]], [], []]);
                refusing = false;
                const accepted = once(s, "connect");
                await refused.connect();
                await accepted;
                s.removeAllListeners("error").on("error", () => undefined);
            }
        });

        it("refuses a connection with any thrown value", async () => {
            for (const thrown of [undefined, null, "no"]) {
                class Odd extends SockhopSession {
                    override start(): Promise<void> {
                        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is what is tested
                        return Promise.reject(thrown);
                    }
                }
                const s = server({ session_type: Odd });
                const error = new Promise<Error>((resolve) => s.once("error", resolve));
                await s.listen();
                const c = client(placeOf(s));
                const gone = once(c, "disconnect");
                await c.connect();
                await gone;
                expect((await error).message).to.equal(String(thrown));
            }
        });

        it("refuses a connection when it takes too long", async () => {
            const s = server({ session_type: startingBy(new Promise(() => undefined)), session_timeout: 20 });
            const error = new Promise<Error>((resolve) => s.once("error", resolve));
            await s.listen();
            const c = client(placeOf(s));
            const gone = once(c, "disconnect");
            await c.connect();
            await gone;
            expect(await error).to.have.property("code", "ERR_SESSION_TIMEOUT");
        });

        it("causes end() but no connect event if the connection closes before it settles", async () => {
            const { promise, resolve } = deferred();
            const ended = deferred();
            class Slow extends SockhopSession {
                override start(): Promise<void> {
                    return promise;
                }

                override end(): void {
                    ended.resolve();
                }
            }
            const s = server({ session_type: Slow });
            const events: string[] = [];
            s.on("connect", () => events.push("connect"));
            s.on("disconnect", () => events.push("disconnect"));
            await s.listen();
            const accepted = once(s.server, "connection");
            await raw(s);
            const [socket] = (await accepted) as [net.Socket];
            const closed = new Promise((done) => socket.once("close", done));
            socket.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
            await closed;
            resolve();
            await ended.promise;
            await new Promise(setImmediate);
            expect([events, s.sockets]).to.deep.equal([[], []]);
        });

        it("leaves incoming bytes to the system, except for a bounded amount, and loses none", async () => {
            const { promise, resolve } = deferred();
            const s = server({ session_type: startingBy(promise) });
            await s.listen();
            const accepted = once(s.server, "connection");
            const c = client(placeOf(s));
            await c.connect();
            const [socket] = (await accepted) as [net.Socket];
            const large = "x".repeat(32 * 2 ** 20);
            const sent = c.send(large);
            while (socket.readableLength < socket.readableHighWaterMark) await new Promise(setImmediate);
            await new Promise(setImmediate);
            expect(socket.readableLength).to.be.below(2 ** 20);
            const arrived = once(s, "receive");
            resolve();
            await sent;
            expect((await arrived)[0]).to.equal(large);
        });

        it("does not delay close()", async () => {
            const s = server({ session_type: startingBy(new Promise(() => undefined)), session_timeout: Infinity });
            await s.listen();
            const accepted = once(s.server, "connection");
            await client(placeOf(s)).connect();
            await accepted;
            await s.close();
        });

        it("can send before any handler", async () => {
            class Greeting extends SockhopSession {
                override async start(): Promise<void> {
                    await this.send("welcome");
                }
            }
            const s = server({ session_type: Greeting });
            s.on("connect", (socket) => void s.send(socket, "second"));
            await s.listen();
            const c = client(placeOf(s));
            const arrived = received(c, 2);
            await c.connect();
            expect(await arrived).to.deep.equal(["welcome", "second"]);
        });
    });

    describe("end()", () => {
        it("is reported when it fails or never settles, and disconnect is emitted anyway", async () => {
            const faults: [() => unknown, string | undefined][] = [
                [
                    () => {
                        throw Object.assign(new Error("no"), { code: "MINE" });
                    },
                    "MINE",
                ],
                [() => Promise.reject(Object.assign(new Error("no"), { code: "MINE" })), "MINE"],
                [() => new Promise(() => undefined), "ERR_SESSION_TIMEOUT"],
            ];
            for (const [end, code] of faults) {
                class Faulty extends SockhopSession {
                    override end(): unknown {
                        return end();
                    }
                }
                const { s, c } = await pair({ session_type: Faulty, session_timeout: 20 }, {});
                const error = new Promise<Error>((resolve) => s.once("error", resolve));
                const gone = new Promise((resolve) => s.once("disconnect", resolve));
                await c.disconnect();
                expect(await error).to.have.property("code", code);
                await gone;
            }
        });

        it("is called while the session can still send", async () => {
            class Polite extends SockhopSession {
                override end(): void {
                    void this.send("bye");
                    void this.kill(); // no effect: the session is ending already
                }
            }
            const { s, c } = await pair({ session_type: Polite }, {});
            const arrived = once(c, "receive");
            await s.disconnect();
            expect((await arrived)[0]).to.equal("bye");
        });
    });

    it("is not sent to by sendall() before it has started", async () => {
        const { promise, resolve } = deferred();
        const s = server({ session_type: startingBy(promise) });
        await s.listen();
        const accepted = once(s.server, "connection");
        const c = client(placeOf(s));
        const arrived = once(c, "receive");
        await c.connect();
        await accepted;
        expect(await s.sendall("too early")).to.deep.equal([]);
        const connected = once(s, "connect");
        resolve();
        await connected;
        await s.sendall("now");
        expect((await arrived)[0]).to.equal("now");
    });

    it("can be closed with its socket, and kill_socket() rejects other values", async () => {
        const { s, c, socket } = await pair();
        const gone = once(c, "disconnect");
        const killing = s.kill_socket(socket);
        expect(s.sockets).to.deep.equal([]);
        expect(await killing).to.equal(undefined);
        await gone;
        await s.kill_socket(socket);
        expect(await rejection(s.kill_socket(5 as unknown as net.Socket))).to.have.property("code", "ERR_NO_SOCKET");
    });
});
