import { expect } from "chai";
import diagnostics from "node:diagnostics_channel";
import { once } from "node:events";
import type net from "node:net";
import { SockhopSession, type SockhopServer } from "../../src";
import {
    client,
    crowd,
    later,
    pair,
    placeOf,
    raw,
    rawServer,
    rejection,
    server,
    socketPath,
    uncaught,
    warnings,
} from "../support/pair";
import { frame, next, turns, until } from "../support/eventLoop";

/** Subscribes to a diagnostics channel for this test. */
function subscribe(channel: string, listener: (message: unknown) => void): void {
    diagnostics.subscribe(channel, listener);
    later(() => diagnostics.unsubscribe(channel, listener));
}

describe("user code that calls again", () => {
    describe("in failed", () => {
        it("is called a bounded number of times without a connection", async () => {
            const c = client({ path: socketPath() });
            let calls = 0;
            const call = (): void => {
                calls += 1;
                void c.send(1, () => undefined, { failed: () => calls < 1000 && call() });
            };
            call();
            expect(calls).to.be.at.most(2); // the rest comes in later turns
            await until(() => calls === 1000);
        });

        for (const overflow of ["reject", "drop-oldest", "drop-newest"] as const) {
            it(`is called a bounded number of times when the queue overflows: ${overflow}`, async () => {
                const c = client({ path: socketPath(), queue: { max_messages: 2, overflow } });
                let calls = 0;
                const call = (): void => {
                    calls += 1;
                    c.send(1, () => undefined, { failed: () => calls < 500 && call() }).catch(() => undefined);
                };
                for (let n = 0; n < 4; n++) call();
                expect(calls).to.be.below(12);
                await until(() => calls >= 500);
                expect(c.buffered).to.be.below(200);
            });
        }

        it("does not keep disconnect() from returning", async () => {
            const c = client({ path: socketPath(), queue: true });
            let calls = 0;
            const call = (): void => {
                calls += 1;
                void c.send(1, () => undefined, { failed: () => calls < 10 && call() });
            };
            call();
            void c.disconnect();
            expect(calls).to.be.at.most(2);
            await c.disconnect();
        });

        it("does not go round for a client that has gone", async () => {
            const { s, c, socket } = await pair();
            const gone = next(s, "disconnect");
            await c.disconnect();
            await gone;
            let calls = 0;
            const call = (): void => {
                calls += 1;
                void s.send(socket, 1, () => undefined, { failed: () => calls < 500 && call() });
            };
            call();
            expect(calls).to.be.at.most(2);
            await until(() => calls === 500);
        });
    });

    describe("in a subscriber of a diagnostics channel", () => {
        it("sends behind what is being sent", async () => {
            const { s, c } = await pair();
            const values: unknown[] = [];
            s.on("receive", (value) => values.push(value));
            let inside = false;
            subscribe("sockhop:message:sent", () => {
                if (inside) return;
                inside = true;
                void c.send("inside");
                inside = false;
            });
            void c.send("outside");
            await until(() => values.length === 2);
            expect(values).to.deep.equal(["outside", "inside"]);
        });

        it("broadcasts behind what is being broadcast", async () => {
            const { s, clients } = await crowd(3);
            const heard = clients.map((c) => {
                const values: unknown[] = [];
                c.on("receive", (value) => values.push(value));
                return values;
            });
            let inside = false;
            subscribe("sockhop:message:sent", () => {
                if (inside) return;
                inside = true;
                void s.sendall("inside");
            });
            await s.sendall("outside");
            await until(() => heard.every((values) => values.length === 2));
            for (const values of heard) expect(values).to.deep.equal(["outside", "inside"]);
        });

        it("ends a connection that has just been made: neither connect nor disconnect comes", async () => {
            const s = server();
            await s.listen();
            const c = client(placeOf(s));
            const log: string[] = [];
            c.on("connect", () => log.push("connect")).on("disconnect", () => log.push("disconnect"));
            subscribe("sockhop:connect", (message) => {
                if ((message as { endpoint: unknown }).endpoint === c) void c.disconnect();
            });
            expect(await rejection(c.connect())).to.have.property("code", "ERR_ABORTED");
            await turns(5);
            expect([log, c.connected]).to.deep.equal([[], false]);
        });

        it("ends a connection whose message it sees: the message is not delivered", async () => {
            const { s, c, socket } = await pair();
            const values: unknown[] = [];
            s.on("receive", (value) => values.push(value));
            subscribe("sockhop:message:received", (message) => {
                if ((message as { endpoint: unknown }).endpoint === s) void s.kill_socket(socket);
            });
            const gone = next(c, "disconnect");
            void c.send("x");
            await gone;
            expect(values).to.deep.equal([]);
        });
    });

    describe("in toJSON()", () => {
        it("responds once to a request, whichever is first", async () => {
            const { s, c } = await pair();
            s.on("request", (_, response) => {
                void response
                    .send({
                        toJSON(): string {
                            void response.send("inner");
                            return "outer";
                        },
                    })
                    .catch(() => undefined);
            });
            const packets = await (await c.request(1)).all();
            expect(packets).to.have.length(1);
        });

        it("ends the response while a part of it is written", async () => {
            const { s, c } = await pair();
            let written: unknown;
            s.on("request", async (_, response) => {
                written = await rejection(
                    response.write({
                        toJSON(): string {
                            void response.send("last");
                            return "part";
                        },
                    }),
                );
            });
            expect((await (await c.request(1)).all()).map(({ data }) => data as unknown)).to.deep.equal(["last"]);
            expect(written).to.have.property("code", "ERR_RESPONSE_SEND");
        });
    });

    describe("in end() of a session", () => {
        const WAYS: Record<string, (session: SockhopSession) => unknown> = {
            "kill()": (session) => session.kill(),
            "sock.end()": (session) => session.sock.end(),
            "sock.destroy()": (session) => session.sock.destroy(),
            "server.disconnect()": (session) => session.server.disconnect(),
            "server.kill_socket()": (session) => session.server.kill_socket(session.sock),
        };
        for (const [name, way] of Object.entries(WAYS)) {
            it(`${name}: disconnect comes when it has settled`, async () => {
                const log: string[] = [];
                class Ending extends SockhopSession {
                    override async end(): Promise<void> {
                        void way(this);
                        await turns(20);
                        log.push("settled");
                    }
                }
                const s = server({ path: socketPath(), session_type: Ending });
                s.on("disconnect", () => log.push("disconnect"));
                await s.listen();
                const connected = next(s, "connect");
                const peer = await raw(s);
                await connected;
                peer.end();
                await until(() => log.length === 2);
                expect(log).to.deep.equal(["settled", "disconnect"]);
            });
        }
    });

    it("methods of a socket that throw are the error of their connection, and stall no other", async () => {
        const { s, clients } = await crowd(3);
        const heard = clients.map((c) => {
            const values: unknown[] = [];
            c.on("receive", (value) => values.push(value));
            return values;
        });
        const errors: unknown[] = [];
        s.on("error", (error) => errors.push(error));
        const [first] = s.sockets;
        const mine = new Error("mine");
        first!.write = () => {
            throw mine;
        };
        const gone = next(s, "disconnect");
        void s.send(first!, "to it");
        const error = (await rejection(s.sendall("to all"))) as Error & { failures?: unknown[] };
        expect(error.failures).to.have.length(1);
        await until(() => heard.filter((values) => values.length === 1).length === 2);
        await gone;
        expect(errors).to.deep.equal([mine]);
    });

    it("an end() of a socket that throws does not keep its connection from ending", async () => {
        const { s, socket } = await pair();
        const surfaced = uncaught();
        socket.end = () => {
            throw new Error("mine");
        };
        const gone = next(s, "disconnect");
        void s.kill_socket(socket);
        expect((await surfaced).message).to.equal("mine");
        await gone;
        expect(s.sockets).to.deep.equal([]);
    });
});

describe("what user code throws", () => {
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
        nothing: () => undefined,
        "a long text": () => "x".repeat(1e6),
    };

    for (const [name, make] of Object.entries(THROWN)) {
        for (const listens of [true, false]) {
            it(`in start() refuses the connection, ${listens ? "with" : "without"} a listener of error: ${name}`, async () => {
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

        it(`in end() does not keep disconnect: ${name}`, async () => {
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

        it(`in a request handler is told to the requester: ${name}`, async () => {
            const { s, c } = await pair();
            const surfaced = uncaught();
            s.on("request", () => {
                throw make();
            });
            const error = await rejection(c.ask(1));
            expect(error).to.have.property("code", "ERR_REQUEST_FAILED");
            expect(error.message).to.have.length.below(5000);
            await surfaced;
        });
    }

    it("is told although its message is longer than a frame may be", async () => {
        const { s, c } = await pair({ max_message_size: 300 });
        s.on("request", (_, response) => void response.fail(new Error("x".repeat(1000))));
        expect(await rejection(c.ask(1))).to.have.property("code", "ERR_REQUEST_FAILED");
    });

    it("may be anything for response.fail()", async () => {
        const { s, c } = await pair();
        const values = [undefined, null, "text", 5, { message: { toString: 1 } }, Object.create(null)];
        s.on("request", (_, response) => void response.fail(values.shift() as Error));
        while (values.length > 0) expect(await rejection(c.ask(1))).to.have.property("code", "ERR_REQUEST_FAILED");
    });
});

describe("start() and end() of sessions", () => {
    it("come in pairs, also when start() takes longer than session_timeout", async () => {
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

describe("the stream of a response", () => {
    async function streamOf(
        text: (uuid: string) => string,
    ): Promise<{ c: ReturnType<typeof client>; peer: Promise<net.Socket> }> {
        let give: (socket: net.Socket) => void;
        const peer = new Promise<net.Socket>((resolve) => (give = resolve));
        const { port } = await rawServer((socket) => {
            give(socket);
            socket.once("data", (chunk: Buffer) => {
                const { uuid } = (JSON.parse(String(chunk)) as { data: { uuid: string } }).data;
                socket.write(text(uuid));
            });
        });
        const c = client({ port });
        await c.connect();
        return { c, peer };
    }
    const part = (uuid: string, data: number, last = false): string =>
        frame({ uuid, data, type: "Number", last }, { type: "SockhopResponsePacket" });

    it("tells its parts in order to one who listens between two of them", async () => {
        const log: unknown[] = [];
        const { c } = await streamOf(
            (uuid) => part(uuid, 1) + frame("now") + part(uuid, 2) + part(uuid, 3) + part(uuid, 4, true),
        );
        const sent = c.request("x");
        const stream = await sent;
        c.once("receive", () => {
            stream.on("end", () => log.push("end")).on("data", (data) => log.push(data));
        });
        await until(() => log.includes("end"));
        expect(log).to.deep.equal([1, 2, 3, 4, "end"]);
    });

    it("tells the end behind the parts to one who listens to it first", async () => {
        const log: unknown[] = [];
        const { c } = await streamOf((uuid) => part(uuid, 1) + part(uuid, 2, true));
        const stream = await c.request("x");
        await until(() => stream.ended);
        const off = (): unknown => log.push("was removed");
        stream
            .on("end", () => log.push("end"))
            .on("end", off)
            .on("data", (data) => log.push(data));
        stream.off("end", off);
        await until(() => log.includes("end"));
        await turns(2);
        expect(log).to.deep.equal([1, 2, "end"]);
    });

    it("tells nothing behind the end to one who has ended it in the middle", async () => {
        const log: unknown[] = [];
        const { c } = await streamOf((uuid) => part(uuid, 1) + part(uuid, 2) + part(uuid, 3));
        const stream = await c.request("x");
        const third = once(c.socket!, "data");
        await Promise.race([third, until(() => c.stats.messages_received >= 3)]);
        stream.on("end", () => log.push("end"));
        stream.on("data", (data) => {
            log.push(data);
            stream.end();
        });
        await until(() => log.includes("end"));
        await turns(2);
        expect(log).to.deep.equal([1, "end"]);
    });
});

describe("a peer that has gone", () => {
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

    it("ends no program that sends to it later, and looks at no promise", async () => {
        const unhandled: unknown[] = [];
        const listener = (reason: unknown): void => void unhandled.push(reason);
        const listeners = process.rawListeners("unhandledRejection") as (() => void)[];
        process.removeAllListeners("unhandledRejection").on("unhandledRejection", listener);
        later(() => {
            process.off("unhandledRejection", listener);
            for (const each of listeners) process.on("unhandledRejection", each);
        });
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
        expect(unhandled).to.deep.equal([]);
        for (const each of sent)
            expect((await rejection(each)).code).to.be.oneOf(["ERR_SOCKET_DESTROYED", "ERR_RESPONSE_SEND"]);
    });
});
