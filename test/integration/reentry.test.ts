import { expect } from "chai";
import diagnostics from "node:diagnostics_channel";
import { SockhopSession } from "../../src";
import { client, crowd, later, pair, placeOf, raw, rejection, server, socketPath } from "../support/pair";
import { uncaught } from "../support/rejections";
import { next, turns, until } from "../support/eventLoop";

/** Subscribes to a diagnostics channel until the end of the test. */
function subscribe(channel: string, listener: (message: unknown) => void): void {
    diagnostics.subscribe(channel, listener);
    later(() => diagnostics.unsubscribe(channel, listener));
}

describe("user code that calls again", () => {
    describe("in failed", () => {
        it("is called a limited number of times without a connection", async () => {
            const c = client({ path: socketPath() });
            let calls = 0;
            const call = (): void => {
                calls += 1;
                void c.send(1, () => undefined, { failed: () => calls < 1000 && call() });
            };
            call();
            expect(calls).to.be.at.most(2); // further calls follow in later ticks
            await until(() => calls === 1000);
        });

        for (const overflow of ["reject", "drop-oldest", "drop-newest"] as const) {
            it(`is called a limited number of times when the queue overflows: ${overflow}`, async () => {
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

        it("does not loop for a client that has disconnected", async () => {
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
        it("sends a message after the current one", async () => {
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

        it("broadcasts a message after the current one", async () => {
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

        it("closes a connection before its connect event: neither connect nor disconnect is emitted", async () => {
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

        it("closes a connection before the delivery of a message: it is not delivered", async () => {
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
        it("responds once to a request: the first response counts", async () => {
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
            it(`delays disconnect until it settles: ${name}`, async () => {
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

    it("causes an error of its connection only if a method of the socket throws", async () => {
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

    describe("in write() of a socket, while its connection closes", () => {
        for (const resume of [false, true]) {
            it(`emits disconnect once for a client${resume ? " that can resume" : ""}`, async () => {
                const { s, c } = await pair({ resume }, { resume });
                let count = 0;
                c.on("disconnect", () => (count += 1));
                const socket = c.socket!;
                const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
                Object.assign(socket, {
                    write(...args: unknown[]) {
                        void c.disconnect();
                        return write(...args);
                    },
                });
                const gone = next(s, "disconnect");
                void c.send("x").catch(() => undefined);
                await c.disconnect();
                await gone;
                expect(count).to.equal(1);
            });

            it(`emits disconnect once for a server${resume ? " with resume" : ""}`, async () => {
                const { s, c, socket } = await pair({ resume }, { resume });
                let count = 0;
                s.on("disconnect", () => (count += 1));
                const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
                Object.assign(socket, {
                    write(...args: unknown[]) {
                        void s.kill_socket(socket);
                        return write(...args);
                    },
                });
                const gone = next(c, "disconnect");
                void s.send(socket, "x").catch(() => undefined);
                await s.kill_socket(socket);
                await gone;
                await turns(5);
                expect(count).to.equal(1);
            });
        }
    });

    it("closes a connection whose socket throws in end()", async () => {
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
