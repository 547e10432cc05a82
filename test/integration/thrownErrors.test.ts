import { expect } from "chai";
import net from "node:net";
import { SockhopSession, type SockhopServer } from "../../src";
import { client, later, pair, raw, rejection, server, socketPath } from "../support/pair";
import { uncaught, warnings, unhandled } from "../support/rejections";
import { next, turns, until } from "../support/eventLoop";

describe("thrown values of user code", () => {
    class Silent {
        declare message: string;
        get code(): never {
            throw new Error("not yours");
        }
    }
    const THROWN: Record<string, () => unknown> = {
        "an error with a numeric code": () => Object.assign(new Error("duplicate key"), { code: 11000 }),
        "an error with an object as code": () => Object.assign(new Error("x"), { code: {} }),
        "an error without a message": () => Object.assign(new Error("x"), { message: undefined }),
        "an error with an object as message": () => Object.assign(new Error("x"), { message: { toString: 1 } }),
        "an error whose code throws": () =>
            Object.defineProperty(new Error("x"), "code", { get: () => new Silent().code }),
        "an object without prototype": () => Object.create(null) as unknown,
        "an object whose toString throws": () => ({
            toString() {
                throw new Error("no text");
            },
        }),
        "a symbol": () => Symbol("x"),
        "a Proxy that was revoked": () => {
            const { proxy, revoke } = Proxy.revocable({}, {});
            revoke();
            return proxy;
        },
        "an error in a Proxy whose traps throw": () =>
            new Proxy(new Error("x"), {
                getPrototypeOf() {
                    throw new Error("no prototype");
                },
            }),
        nothing: () => undefined,
        "a long text": () => "x".repeat(1e6),
    };

    for (const [name, make] of Object.entries(THROWN)) {
        for (const listens of [true, false]) {
            it(`refuse the connection in start(), ${listens ? "with" : "without"} an error listener: ${name}`, async () => {
                class Refusing extends SockhopSession {
                    override start(): Promise<void> {
                        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
                        return Promise.reject(make());
                    }
                }
                const heard = warnings();
                const errors: unknown[] = [];
                const s = server({ path: socketPath(), session_type: Refusing });
                if (listens) s.on("error", (error) => errors.push(error));
                await s.listen();
                const peer = await raw(s);
                await next(peer.resume(), "close");
                await turns(2);
                expect([heard.length, errors.length]).to.deep.equal(listens ? [0, 1] : [1, 0]);
                for (const each of errors) expect(each).to.be.instanceOf(Error);
                for (const { message } of heard) expect(message).to.have.length.below(5000);
            });
        }

        it(`do not delay disconnect in end(): ${name}`, async () => {
            class Ending extends SockhopSession {
                override end(): void {
                    throw make();
                }
            }
            warnings();
            const { s, c } = await pair({ session_type: Ending });
            const gone = next(s, "disconnect");
            await c.disconnect();
            await gone;
            await s.close();
        });

        it(`are sent to the requester from a request handler: ${name}`, async () => {
            const { s, c } = await pair();
            const surfaced = uncaught();
            s.on("request", () => {
                throw make();
            });
            const error = await rejection(c.ask(1));
            expect(error).to.have.property("code", "ERR_REQUEST_FAILED");
            expect(error.message).to.have.length.below(5000);
            await surfaced.catch(() => undefined); // a promise cannot resolve to a Proxy that throws
        });

        it(`fail the request in a function of handle(), and nothing else: ${name}`, async () => {
            warnings();
            const rejections = unhandled();
            const { s, c } = await pair();
            s.handle("Number", async () => {
                await Promise.resolve();
                throw make();
            });
            expect(await rejection(c.ask(1))).to.have.property("code", "ERR_REQUEST_FAILED");
            await turns(2);
            expect(rejections).to.deep.equal([]);
        });

        if (name === "an error with an object as message") continue; // Node destroys no socket with it
        it(`reject connect() in net.createConnection(): ${name}`, async () => {
            const { createConnection } = net;
            later(() => (net.createConnection = createConnection));
            net.createConnection = () => {
                throw make();
            };
            const c = client({ port: 1 });
            expect(await rejection(c.connect())).to.be.instanceOf(Error);
            expect(c.connected).to.equal(false);
        });
    }

    it("are sent although their message is longer than the frame limit", async () => {
        const { s, c } = await pair({ max_message_size: 300 });
        s.on("request", (_, response) => void response.fail(new Error("x".repeat(1000))));
        expect(await rejection(c.ask(1))).to.have.property("code", "ERR_REQUEST_FAILED");
    });

    it("can be of any kind for response.fail()", async () => {
        const { s, c } = await pair();
        const values = [undefined, null, "text", 5, { message: { toString: 1 } }, Object.create(null)];
        s.on("request", (_, response) => void response.fail(values.shift() as Error));
        while (values.length > 0) expect(await rejection(c.ask(1))).to.have.property("code", "ERR_REQUEST_FAILED");
    });
});

describe("start() and end() of sessions", () => {
    it("are called in pairs, also when start() takes longer than session_timeout", async () => {
        const log: string[] = [];
        let resolveStart = (): void => undefined;
        class Late extends SockhopSession {
            override async start(): Promise<void> {
                await new Promise<void>((resolve) => (resolveStart = resolve));
                log.push("started");
            }
            override end(): void {
                log.push("ended");
            }
        }
        const s = server({ path: socketPath(), session_type: Late, session_timeout: 20 });
        const codes: unknown[] = [];
        s.on("error", (error: Error & { code?: string }) => codes.push(error.code));
        await s.listen();
        await next((await raw(s)).resume(), "close");
        expect([log, codes]).to.deep.equal([[], ["ERR_SESSION_TIMEOUT"]]);
        resolveStart();
        await until(() => log.length === 2);
        expect(log).to.deep.equal(["started", "ended"]);
    });
});

describe("peer that has disconnected", () => {
    async function gone(): Promise<{
        s: SockhopServer;
        session: SockhopSession;
        socket: net.Socket;
        reply: (value: unknown) => void;
        responses: Promise<unknown>[];
    }> {
        const { s, c, socket } = await pair();
        const session = s.sessions[0]!;
        const responses: Promise<unknown>[] = [];
        let reply: ((value: unknown) => void) | undefined;
        let respond = (): void => undefined;
        s.on("receive", (_, { callback }) => (reply = callback));
        s.on("request", (_, response) => {
            respond = () =>
                responses.push(response.send(1), response.write(1), response.end(), response.fail(new Error("x")));
        });
        void c.send(1, () => undefined);
        void c.request(1);
        await until(() => reply !== undefined && s.stats.messages_received === 2);
        const left = next(s, "disconnect");
        await c.disconnect();
        await left;
        respond();
        return { s, session, socket, reply: reply!, responses };
    }

    it("crashes no program that sends to it later without handling the promise", async () => {
        const rejections = unhandled();
        const { s, session, socket, reply, responses } = await gone();
        const sent = [
            session.send(1),
            session.send(1, () => undefined),
            session.ask(1),
            session.request(1),
            s.send(socket, 1),
            s.ask(socket, 1),
            s.request(socket, 1),
            ...responses,
        ];
        reply(1);
        await turns(10);
        expect(rejections).to.deep.equal([]);
        for (const each of sent)
            expect((await rejection(each)).code).to.be.oneOf(["ERR_SOCKET_DESTROYED", "ERR_RESPONSE_SEND"]);
    });
});
