import { AsyncLocalStorage } from "node:async_hooks";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { SockhopClient, SockhopServer, SockhopSession } from "../../src";
import { client, pair, placeOf, raw, rawServer, received, rejection, server } from "../support/pair";
import { frame, turns, until } from "../support/eventLoop";

// Statements of docs/guarantees.md, docs/security.md and docs/errors.md that have no test elsewhere.

const nothing = (): void => undefined;

/** Runs a program that uses the built package. */
function run(program: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
        const options = { cwd: join(__dirname, "../.."), timeout: 8000 };
        execFile(process.execPath, ["-e", program], options, (error, stdout, stderr) => {
            resolve({ code: error ? error.code : 0, stdout, stderr });
        });
    });
}

/** Resolves at the end of a stream, by a listener of that event. */
function ending(
    stream: NodeJS.EventEmitter,
    heard: (resolve: (user: unknown) => void) => () => void,
): Promise<unknown> {
    stream.on("data", nothing);
    return new Promise((resolve) => stream.on("end", heard(resolve)));
}

describe("promises", () => {
    it("of what a client is sent that has left do not end a program that does not look at them", async () => {
        const { code, stdout, stderr } = await run(`
            const Sockhop = require("sockhop");
            const server = new Sockhop.server({ port: 0 });
            server.on("disconnect", async (socket, session) => {
                const sendAll = () => [
                    session.send(1), session.send(1, () => {}), session.request(1), session.ask(1),
                    server.send(socket, 1), server.request(socket, 1), server.ask(socket, 1),
                ];
                sendAll();
                await new Promise(setImmediate);
                const outcomes = await Promise.allSettled(sendAll());
                console.log(outcomes.map(({ reason }) => reason.code).join());
                server.close();
            });
            server.on("connect", (socket) => socket.destroy());
            server.listen().then(() => new Sockhop.client({ port: server.get_bound_port() }).connect());
        `);
        expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
        expect(stdout.trim().split(",")).to.deep.equal(Array(7).fill("ERR_SOCKET_DESTROYED"));
    });

    for (const method of ["send", "request", "ask"]) {
        it(`of ${method}() without a connection: its rejection ends a program that does not catch it`, async () => {
            const { code, stderr } = await run(`new (require("sockhop").client)().${method}(1)`);
            expect(code).to.equal(1);
            expect(stderr).to.include("ERR_SOCKET_DESTROYED");
        });
    }
});

describe("what waits for a connection", () => {
    for (const slow_consumer of ["drop", "disconnect"] as const) {
        it(`in a queue with "${slow_consumer}" is sent no faster than there is room, and the next waits behind`, async () => {
            const s = server();
            await s.listen();
            const c = client({ ...placeOf(s), queue: true, slow_consumer, max_buffered: 20_000 });
            const values = Array.from({ length: 100 }, (_, n) => `${n} ${"x".repeat(1000)}`);
            const arrived = received(s, 101);
            const sent = values.map((value) => c.send(value));
            await c.connect();
            await Promise.all([...sent, c.send("next")]);
            expect(await arrived).to.deep.equal([...values, "next"]);
        });
    }

    it("without a queue goes before what handlers of connect send", async () => {
        const s = server();
        await s.listen();
        const arrived = received(s, 2);
        const c = client(placeOf(s));
        c.once("connect", () => void c.send("by a handler"));
        const connected = c.connect();
        await until(() => c.socket !== undefined);
        await Promise.all([connected, c.send("during the attempt")]);
        expect(await arrived).to.deep.equal(["during the attempt", "by a handler"]);
    });
});

describe("callbacks and requests", () => {
    it("calls a failed that fails in another one in a later turn", async () => {
        const c = client();
        const order: string[] = [];
        const failed = (): void => {
            order.push("first");
            void c.send(2, nothing, { failed: () => order.push("second") });
            order.push("end of the first");
        };
        await rejection(c.send(1, nothing, { failed }));
        expect(order).to.deep.equal(["first", "end of the first"]);
        await until(() => order.length === 3);
    });

    it("calls neither where send() throws", async () => {
        const { c } = await pair();
        const called: unknown[] = [];
        const wrong = "no function" as unknown as () => void;
        expect(() => c.send(1, wrong, { failed: (error) => called.push(error) })).to.throw(/function/);
        await turns(5);
        expect(called).to.deep.equal([]);
    });

    it("take any signal that does what the standard says", async () => {
        const { s, c } = await pair();
        s.on("receive", nothing);
        s.on("request", nothing);
        const listeners = new Set<() => void>();
        const signal = {
            aborted: false,
            reason: "enough",
            addEventListener: (_: string, listener: () => void) => listeners.add(listener),
            removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
        };
        const options = { signal: signal as unknown as AbortSignal };
        const failed = new Promise<unknown>((resolve) => void c.send(1, nothing, { ...options, failed: resolve }));
        const asked = rejection(c.ask(1, options));
        signal.aborted = true;
        for (const listener of [...listeners]) listener();
        for (const error of await Promise.all([failed, asked])) {
            expect(error).to.include({ code: "ERR_ABORTED", cause: "enough" });
        }
        expect(listeners.size).to.equal(0);
    });

    it("run in the context of their call: callbacks, failed, and the events of streams", async () => {
        const { s, c } = await pair();
        s.on("receive", (value, { callback }) => value === "reply" && callback?.(1));
        s.on("request", (_, response) => void response.send(1));
        const user = new AsyncLocalStorage<string>();
        const seen = (name: string): Promise<unknown[]> =>
            user.run(name, () => {
                const heard = (resolve: (user: unknown) => void) => () => resolve(user.getStore());
                return Promise.all([
                    new Promise((resolve) => void c.send("reply", heard(resolve))),
                    new Promise((resolve) => void c.send("none", nothing, { timeout: 20, failed: heard(resolve) })),
                    c.request(1).then((stream) => new Promise((resolve) => stream.on("data", heard(resolve)))),
                    c.request(1).then((stream) => ending(stream, heard)),
                ]);
            });
        const [alice, bob] = await Promise.all([seen("Alice"), seen("Bob")]);
        expect(alice).to.deep.equal(Array(4).fill("Alice"));
        expect(bob).to.deep.equal(Array(4).fill("Bob"));
    });

    it("cuts a peer that reads no replies when eight times max_buffered waits for it", async () => {
        const calls = Array.from({ length: 2000 }, (_, n) => frame(n, { id: `${n}x` })).join("");
        const c = client({ max_buffered: 10_000 });
        let most = 0;
        c.on("receive", (_, { callback }) => {
            callback?.("x".repeat(10_000));
            most = Math.max(most, c.buffered);
        });
        const errors: unknown[] = [];
        c.on("error", (error: Error & { code?: string }) => errors.push(error.code));
        const cut = new Promise((resolve) => c.once("disconnect", resolve));
        const { port } = await rawServer((socket) => socket.pause().write(calls));
        c.port = port;
        await c.connect();
        await cut;
        expect(errors).to.deep.equal(["ERR_BUFFER_FULL"]);
        expect(most).to.be.lessThan(8 * 10_000 + 2 * 10_100);
    });
});

describe("sessions", () => {
    for (const how of ["kill()", "sock.end()", "server.disconnect()"] as const) {
        it(`disconnect waits for an end() that ends the connection itself, by ${how}`, async () => {
            const order: string[] = [];
            class Session extends SockhopSession {
                override async end(): Promise<void> {
                    if (how === "kill()") void this.kill();
                    else if (how === "sock.end()") this.sock.end();
                    else void this.server.disconnect();
                    await turns(20);
                    order.push("end() has settled");
                }
            }
            const { s, c } = await pair({ session_type: Session });
            s.on("disconnect", () => order.push("disconnect"));
            void c.disconnect();
            await until(() => order.length === 2);
            expect(order).to.deep.equal(["end() has settled", "disconnect"]);
        });
    }

    it("that are late: ends a session whose start() was late", async () => {
        let begin!: () => void;
        const ended = new Promise<void>((resolve) => {
            class Session extends SockhopSession {
                override start(): Promise<void> {
                    return new Promise((started) => (begin = started));
                }
                override end(): void {
                    resolve();
                }
            }
            const s = server({ session_type: Session, session_timeout: 20 });
            s.on("error", (error: Error & { code?: string }) => {
                expect(error.code).to.equal("ERR_SESSION_TIMEOUT");
                begin();
            });
            void s.listen().then(() => raw(s));
        });
        await ended;
    });
});

describe("a pause of the program", () => {
    it("outlasts one of the library", async () => {
        const { s, socket, c } = await pair({ max_buffered: 1000 }, {});
        let count = 0;
        s.on("receive", (value, { callback }) => {
            count += 1;
            callback?.("y".repeat(1500)); // the library pauses
            if (value === 3) socket.pause();
        });
        for (let n = 1; n <= 3; n++) await new Promise((resolve) => void c.send(n, resolve));
        await c.send(4);
        await turns(50);
        expect(count).to.equal(3);
        socket.resume();
        await until(() => count === 4);
    });
});

describe("options", () => {
    it("of a call: promises reject with ERR_BAD_OPTION for options of a call that are none", async () => {
        const { s, c, socket } = await pair();
        s.on("receive", nothing);
        s.on("request", nothing);
        const wrong = [{ timeout: -1 }, { timeout: "soon" }, { signal: {} }, { signal: "abort" }] as object[];
        for (const options of wrong) {
            for (const promise of [c.ask(1, options), c.request(1, options), c.send(1, nothing, options)]) {
                expect((await rejection(promise)).code, JSON.stringify(options)).to.equal("ERR_BAD_OPTION");
            }
            expect((await rejection(s.ask(socket, 1, options))).code).to.equal("ERR_BAD_OPTION");
        }
        expect((await rejection(c.send(1, nothing, { failed: 1 } as object))).code).to.equal("ERR_BAD_OPTION");
    });

    it("of a place: promises reject with ERR_BAD_OPTION for a place that was assigned and is none", async () => {
        for (const end of [new SockhopClient(), new SockhopServer()]) {
            end.port = 70_000;
            const promise = "listen" in end ? end.listen() : end.connect();
            expect((await rejection(promise)).code).to.equal("ERR_BAD_OPTION");
        }
    });
});

describe("a value of a peer", () => {
    it("has __proto__ as a member like any other", async () => {
        const s = server();
        await s.listen();
        const peer = await raw(s);
        const arrived = received(s, 1);
        peer.write('{"type":"Object","data":{"__proto__":{"polluted":true}}}\n');
        const value = (await arrived)[0] as { polluted?: boolean };
        expect(Object.hasOwn(value, "__proto__")).to.equal(true);
        expect(value.polluted).to.equal(undefined);
        expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
    });
});
