import { expect } from "chai";
import fc from "fast-check";
import { once } from "node:events";
import type net from "node:net";
import type { SockhopResponseWriteableStream } from "../../src";
import { pair, raw, rawServer, rejection, server } from "../support/pair";
import { answer, both, directions, kept, type Direction } from "../support/directions";

describe("requests", () => {
    describe("end", () => {
        it("by a timeout of the option or the request, and the responder is notified", async () => {
            await both(async ({ requester, responder, request }) => {
                const gone = new Promise((resolve) => {
                    answer(responder, (_, response) => {
                        void response.write("some");
                        response.signal.addEventListener("abort", resolve);
                    });
                });
                const stream = await request("x", { timeout: 20 });
                expect((await stream.next({ keep_open: true })).data).to.equal("some");
                expect(await rejection(stream.next())).to.have.property("code", "ERR_RESPONSE_TIMEOUT");
                await gone;
                expect(kept(requester, responder)).to.equal(0);
            });
            const { c } = await pair({}, { response_timeout: 10 });
            const { s } = await pair();
            answer(s, () => undefined);
            const { port } = await rawServer((socket) => socket.resume());
            await c.disconnect();
            c.port = port;
            await c.connect();
            expect(await rejection(c.ask("x"))).to.have.property("code", "ERR_RESPONSE_TIMEOUT");
        });

        it("by a signal, and the responder is notified", async () => {
            await both(async ({ requester, responder, request, ask }) => {
                const gone = new Promise((resolve) => {
                    answer(responder, (_, response) => response.signal.addEventListener("abort", resolve));
                });
                const controller = new AbortController();
                const stream = await request("x", { signal: controller.signal });
                const next = rejection(stream.next());
                controller.abort(new Error("enough"));
                const error = await next;
                expect([error.code, (error.cause as Error).message]).to.deep.equal(["ERR_ABORTED", "enough"]);
                await gone;
                expect(await rejection(ask("x", { signal: controller.signal }))).to.have.property(
                    "code",
                    "ERR_ABORTED",
                );
                expect(kept(requester, responder)).to.equal(0);
            });
        });

        it("on a break of a loop, and the responder is notified", async () => {
            await both(async ({ responder, request }) => {
                const gone = new Promise((resolve) => {
                    answer(responder, async (_, response) => {
                        response.signal.addEventListener("abort", resolve);
                        while (!response.signal.aborted) {
                            await response.write("again").catch(() => undefined);
                            await new Promise(setImmediate);
                        }
                    });
                });
                for await (const { data } of await request()) {
                    expect(data).to.equal("again");
                    break;
                }
                await gone;
            });
        });

        it("with the connection, at both ends, for every kind of result", async () => {
            await both(async ({ requester, responder, request, cut }) => {
                const responses: SockhopResponseWriteableStream[] = [];
                const asked = new Promise<void>((resolve) => {
                    answer(responder, (_, response) => {
                        if (responses.push(response) === 4) resolve();
                    });
                });
                const streams = await Promise.all([request(), request(), request(), request()]);
                await asked;
                const gone = Promise.all(
                    responses.map(({ signal }) => new Promise((resolve) => (signal.onabort = resolve))),
                );
                const loop = async (): Promise<void> => {
                    for await (const _ of streams[2]) throw new Error("nothing was sent");
                };
                const ended = once(streams[3], "end");
                const waits = [streams[0].next(), streams[1].all(), loop()].map(rejection);
                cut();
                for (const error of await Promise.all(waits))
                    expect(error).to.have.property("code", "ERR_SOCKET_DESTROYED");
                expect((await ended)[0]).to.have.property("code", "ERR_SOCKET_DESTROYED");
                await gone;
                expect(kept(requester, responder)).to.equal(0);
            });
        });

        it("with a connection that is closed by their handler", async () => {
            await both(async ({ requester, responder, ask, cut }) => {
                const aborted = new Promise((resolve) => {
                    answer(responder, (_, { signal }) => {
                        signal.addEventListener("abort", resolve);
                        cut();
                    });
                });
                expect(await rejection(ask())).to.have.property("code", "ERR_SOCKET_DESTROYED");
                await aborted;
                expect(kept(requester, responder)).to.equal(0);
            });
        });

        it("in disconnect(), synchronously", async () => {
            const { c } = await pair();
            const stream = await c.request("x");
            void c.disconnect();
            expect(stream.ended).to.equal(true);
        });
    });

    it("for the requester on an abort, while the program of a late responder continues", async () => {
        await both(async ({ responder, request }) => {
            const late = new Promise<void>((resolve) => {
                answer(responder, (_, response) => {
                    response.signal.addEventListener("abort", () => {
                        void response.write("nobody looks at this promise");
                        resolve(response.send("late"));
                    });
                });
            });
            (await request()).end();
            await late;
        });
    });

    it("for a responder that awaits its writes: these reject when the requester closes, and its program continues", async () => {
        for (const leave of ["gives up", "is cut off"]) {
            await both(async ({ responder, request, cut }) => {
                const ended = new Promise<Error>((resolve) => {
                    answer(responder, async (_, response) => {
                        try {
                            for (;;) await response.write("x".repeat(10_000));
                        } catch (error) {
                            setImmediate(resolve, error as Error); // after the library has handled it
                            throw error;
                        }
                    });
                });
                const stream = await request();
                await stream.next({ keep_open: true });
                if (leave === "gives up") stream.end();
                else cut();
                // Mocha fails the test if the error of the handler is uncaught.
                expect(await ended)
                    .to.have.property("code")
                    .that.matches(/^ERR_(RESPONSE_SEND|SOCKET_DESTROYED)$/);
            });
        }
    });

    it("with an error without a handler, also at an end that has closed its own direction", async () => {
        const s = server();
        await s.listen();
        const accepted = once(s, "connect");
        const peer = await raw(s);
        const [socket] = (await accepted) as [net.Socket];
        socket.end();
        const request = { type: "SockhopRequest", data: { uuid: "u", errors: true } };
        const seen = once(s, "receive");
        peer.write(JSON.stringify(request) + '\n{"type":"String","data":"behind it"}\n');
        expect((await seen)[0]).to.equal("behind it");
        await new Promise(setImmediate);
    });

    it("settled, for any order of events", async () => {
        const step = fc.constantFrom("send", "write", "end", "fail", "throw away", "abort", "limit", "cut", "turn");
        await fc.assert(
            fc.asyncProperty(
                fc.array(step, { maxLength: 6 }),
                fc.constantFrom("next", "all", "loop"),
                async (steps, way) => {
                    const [{ requester, responder, request, cut }] = (await directions()) as [Direction];
                    const responses: SockhopResponseWriteableStream[] = [];
                    answer(responder, (_, response) => responses.push(response));
                    const controller = new AbortController();
                    const asked = once(responder, "request");
                    const limited = steps.includes("limit");
                    const stream = await request("x", { signal: controller.signal, timeout: limited ? 1 : 60_000 });
                    const waiting =
                        way === "next"
                            ? stream.next()
                            : way === "all"
                              ? stream.all()
                              : (async () => {
                                    for await (const _ of stream);
                                })();
                    const settled = waiting.catch(() => undefined);
                    await asked;
                    const [response] = responses as [SockhopResponseWriteableStream];
                    for (const name of steps) {
                        if (name === "send" || name === "write") response[name](1).catch(() => undefined);
                        if (name === "end") response.end().catch(() => undefined);
                        if (name === "fail") response.fail(new Error("no")).catch(() => undefined);
                        if (name === "throw away") stream.end();
                        if (name === "abort") controller.abort();
                        if (name === "cut") cut();
                        if (name === "turn") await new Promise(setImmediate);
                    }
                    if (!limited) controller.abort();
                    await settled;
                    await new Promise(setImmediate);
                    expect(stream.ended).to.equal(true);
                    if (!requester["_connections"].size) expect(kept(requester, responder)).to.equal(0);
                },
            ),
            { numRuns: 60 },
        );
    }).timeout(60_000);
});
