import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import fc from "fast-check";
import { execFile } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type ClientOptions, type QueueOptions, SockhopClient, SockhopServer } from "../../src";
import { announced, client, later, placeOf, raw, rawServer, received, rejection, server } from "../support/pair";

/** A listening server, and a client with a queue that is not connected yet. */
async function waiting(
    queue: true | QueueOptions = true,
    options: ClientOptions = {},
): Promise<{ s: SockhopServer; c: SockhopClient }> {
    const s = server();
    await s.listen();
    return { s, c: client({ ...placeOf(s), queue, ...options }) };
}

/** A client with a queue and nothing to connect to. */
function offline(queue: true | QueueOptions = true): SockhopClient {
    return client({ queue, port: 1 });
}

/** The codes that promises have rejected with so far, `"resolved"` for others; those that wait are left out. */
function outcomes(promises: Promise<unknown>[]): unknown[] {
    const settled: unknown[] = [];
    for (const [n, promise] of promises.entries()) {
        promise.then(
            () => (settled[n] = "resolved"),
            (error: unknown) => (settled[n] = (error as { code: string }).code),
        );
    }
    return settled;
}

/** The rejections that nobody looks at, from now on. */
function unhandled(): unknown[] {
    const codes: unknown[] = [];
    const listeners = process.rawListeners("unhandledRejection") as ((error: unknown) => void)[];
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (error) => codes.push((error as { code: unknown }).code));
    later(() => {
        process.removeAllListeners("unhandledRejection");
        for (const listener of listeners) process.on("unhandledRejection", listener);
    });
    return codes;
}

const turn = (): Promise<void> => new Promise(setImmediate);

/** Bytes of a string as a message. */
const size = (value: string): number => Buffer.byteLength(`{"type":"String","data":${JSON.stringify(value)}}\n`);

describe("a client with a queue", () => {
    it("sends, when it connects, what was sent before, in order", async () => {
        const { s, c } = await waiting();
        const arrived = received(s, 6);
        const sent = [c.send(1), c.send("two")];
        const connecting = c.connect();
        sent.push(c.send({ three: 3 })); // in the turn of connect()
        await turn();
        expect(c.socket).to.be.instanceOf(net.Socket);
        sent.push(c.send(null)); // while it connects
        await connecting;
        sent.push(c.send(false), c.send([6]));
        expect(await arrived).to.deep.equal([1, "two", { three: 3 }, null, false, [6]]);
        expect(await Promise.all(sent)).to.deep.equal(Array(6).fill(undefined));
    });

    it("sends after all that the handlers of connect send, and announces that first", async () => {
        const { s, c } = await waiting();
        const arrived = received(s, 4);
        void c.send("queued 1");
        void c.send("queued 2");
        c.on("connect", () => void c.send("hello from one handler"));
        c.on("connect", () => void c.send("hello from another"));
        const events: string[] = [];
        s.on("connect", () => events.push("connect"));
        s.on("receive", () => events.push("receive"));
        await c.connect();
        expect(await arrived).to.deep.equal(["hello from one handler", "hello from another", "queued 1", "queued 2"]);
        expect(events).to.deep.equal(["connect", "receive", "receive", "receive", "receive"]);
    });

    it("keeps values as they were when they were sent", async () => {
        const { s, c } = await waiting();
        const arrived = received(s, 2);
        const value = { n: 1, list: [1] };
        void c.send(value);
        value.n = 2;
        value.list.push(2);
        void c.send(value);
        value.n = 3;
        await c.connect();
        expect(await arrived).to.deep.equal([
            { n: 1, list: [1] },
            { n: 2, list: [1, 2] },
        ]);
    });

    it("refuses at once what cannot be sent", async () => {
        const { c } = await waiting(true, { max_message_size: 200 });
        expect(await rejection(c.send(undefined))).to.have.property("code", "ERR_BAD_DATA");
        expect(await rejection(c.request(1n))).to.have.property("code", "ERR_BAD_DATA");
        expect(await rejection(c.send("x".repeat(300)))).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
        expect(() => c.send("x", "no function" as unknown as () => void))
            .to.throw()
            .with.property("code", "ERR_REMOTE_CALLBACK_TYPE");
        expect(await rejection(c.ask("x", { signal: AbortSignal.abort() }))).to.have.property("code", "ERR_ABORTED");
        expect(c.buffered).to.equal(0);
    });

    it("serves a JSON peer as well", async () => {
        const s = server({ peer_type: "json" });
        await s.listen();
        const c = client({ ...placeOf(s), peer_type: "json", queue: true });
        const arrived = received(s, 2);
        void c.send({ a: 1 });
        void c.send([2]);
        await c.connect();
        expect(await arrived).to.deep.equal([{ a: 1 }, [2]]);
    });

    it("keeps what is sent while it reconnects", async () => {
        const { s, c } = await waiting(true, { auto_reconnect_interval: 1 });
        const first = announced(s, 1);
        c.auto_reconnect = true;
        const [socket] = (await first) as [net.Socket];
        const gone = once(c, "disconnect");
        const arrived = received(s, 100);
        socket.destroy();
        await gone;
        const sent: Promise<unknown>[] = [];
        let n = 0;
        const again = once(c, "connect");
        while (!c.connected && n < 90) {
            sent.push(c.send(n++));
            await turn();
        }
        await again;
        while (n < 100) sent.push(c.send(n++));
        await Promise.all(sent);
        expect(await arrived).to.deep.equal(Array.from({ length: 100 }, (_, each) => each));
    });

    it("sends what is sent in the handler of disconnect when it is back", async () => {
        const { s, c } = await waiting(true, { auto_reconnect_interval: 1 });
        const first = announced(s, 1);
        c.auto_reconnect = true;
        const [socket] = (await first) as [net.Socket];
        const arrived = received(s, 1);
        c.once("disconnect", () => void c.send("was cut off"));
        socket.destroy();
        expect(await arrived).to.deep.equal(["was cut off"]);
    });

    describe("callbacks and requests", () => {
        it("are answered", async () => {
            const { s, c } = await waiting();
            s.on("receive", (value: number, { callback }) => callback?.(value + 1));
            s.on("request", async (request, response) => {
                for (let n = 0; n < 3; n++) await response.write([request.data, n]);
                await response.end();
            });
            const log: unknown[] = [];
            const answer = new Promise((resolve) => void c.send(1, resolve));
            const asked = c.ask("ask").then((value: unknown) => log.push(value));
            const stream = c.request("request");
            expect(c.buffered).to.be.above(0);
            await c.connect();
            expect(await answer).to.equal(2);
            await asked;
            for await (const { data } of await stream) log.push(data);
            expect(log).to.deep.equal([
                ["ask", 0],
                ["request", 0],
                ["request", 1],
                ["request", 2],
            ]);
            expect(c.buffered).to.equal(0);
        });

        for (const how of ["a timeout", "a signal"]) {
            const code = how === "a timeout" ? "ERR_RESPONSE_TIMEOUT" : "ERR_ABORTED";

            /** Options that end the wait, and what is to be called for it. */
            const impatience = (): { options: { timeout?: number; signal?: AbortSignal }; give_up: () => void } => {
                const abort = new AbortController();
                return how === "a timeout"
                    ? { options: { timeout: 10 }, give_up: () => undefined }
                    : { options: { signal: abort.signal }, give_up: () => abort.abort() };
            };

            it(`are given up by ${how} in the queue, leave it, and are not sent`, async () => {
                const { s, c } = await waiting();
                const arrived = received(s, 2);
                let requests = 0;
                s.on("request", () => (requests += 1));
                void c.send("before");
                const before = c.buffered;
                const { options, give_up } = impatience();
                const failed: unknown[] = [];
                const told = new Promise<void>((resolve) => {
                    const call = (value: unknown): unknown => failed.push(["answered", value]);
                    const question = c.send("a question", call, {
                        ...options,
                        failed: (error) => {
                            failed.push(error.code);
                            resolve();
                        },
                    });
                    question.catch(() => undefined);
                });
                const asked = rejection(c.ask("a request", options));
                const requested = rejection(c.request("a request", options));
                expect(c.buffered).to.be.above(before);
                give_up();
                await told;
                expect(await asked).to.have.property("code", code);
                expect(await requested).to.have.property("code", code);
                expect([failed, c.buffered]).to.deep.equal([[code], before]);
                void c.send("after");
                await c.connect();
                expect(await arrived).to.deep.equal(["before", "after"]);
                await c.disconnect({ drain: true });
                expect(requests).to.equal(0);
            });

            it(`are given up by ${how} after the queue as well`, async () => {
                const { s, c } = await waiting();
                s.on("request", () => undefined);
                const { options, give_up } = impatience();
                const failed = new Promise((resolve) => {
                    void c.send("a question", () => undefined, { ...options, failed: resolve }).catch(() => undefined);
                });
                const asked = rejection(c.ask("a request", options));
                await c.connect();
                give_up();
                expect(await failed).to.have.property("code", code);
                expect(await asked).to.have.property("code", code);
            });
        }

        it("fail with the queue's error, once", async () => {
            const c = offline({ max_messages: 2 });
            const failed: unknown[] = [];
            const question = (): Promise<void> =>
                c.send("q", () => undefined, { failed: ({ code }) => failed.push(code) });
            const first = rejection(question());
            const second = rejection(c.ask("q"));
            const third = rejection(question());
            expect(await third).to.have.property("code", "ERR_QUEUE_FULL");
            expect(failed).to.deep.equal(["ERR_QUEUE_FULL"]);
            await c.disconnect();
            expect(await first).to.have.property("code", "ERR_ABORTED");
            expect(await second).to.have.property("code", "ERR_ABORTED");
            expect(failed).to.deep.equal(["ERR_QUEUE_FULL", "ERR_ABORTED"]);
        });

        it("count for max_pending only when they are sent", async () => {
            const { s, c } = await waiting(true, { max_pending: 2 });
            s.on("request", () => undefined);
            const failed: unknown[] = [];
            const sent = [1, 2, 3].map((n) =>
                c.send(n, () => undefined, { failed: ({ code }) => failed.push([n, code]) }),
            );
            const settled = outcomes(sent);
            await c.connect();
            await Promise.allSettled(sent);
            expect(settled).to.deep.equal(["resolved", "resolved", "ERR_MAX_PENDING"]);
            expect(failed).to.deep.equal([[3, "ERR_MAX_PENDING"]]);
        });
    });

    describe("when there are too many", () => {
        const limits: Record<string, QueueOptions> = {
            max_messages: { max_messages: 3 },
            max_bytes: { max_bytes: 3 * size("0") },
        };
        for (const [limit, options] of Object.entries(limits)) {
            for (const overflow of ["reject", "drop-newest", undefined] as const) {
                it(`the newest is refused, by ${limit}, with overflow ${overflow}`, async () => {
                    const { s, c } = await waiting({ ...options, overflow });
                    const sent = Array.from("012345", (value) => c.send(value));
                    const settled = outcomes(sent);
                    await turn();
                    expect(Object.entries(settled)).to.deep.equal(["3", "4", "5"].map((n) => [n, "ERR_QUEUE_FULL"]));
                    expect(c.buffered).to.equal(3 * size("0"));
                    const arrived = received(s, 4);
                    await c.connect();
                    void c.send("6");
                    expect(await arrived).to.deep.equal(["0", "1", "2", "6"]);
                    expect(settled.slice(0, 3)).to.deep.equal(["resolved", "resolved", "resolved"]);
                });
            }

            it(`the oldest is dropped, by ${limit}, with overflow drop-oldest`, async () => {
                const { s, c } = await waiting({ ...options, overflow: "drop-oldest" });
                const sent = Array.from("012345", (value) => c.send(value));
                const settled = outcomes(sent);
                await turn();
                expect(settled).to.deep.equal(Array(3).fill("ERR_QUEUE_FULL"));
                expect(c.buffered).to.equal(3 * size("0"));
                const arrived = received(s, 4);
                await c.connect();
                void c.send("6");
                expect(await arrived).to.deep.equal(["3", "4", "5", "6"]);
            });
        }

        it("one that would never fit drops no other", async () => {
            for (const overflow of ["reject", "drop-newest", "drop-oldest"] as const) {
                const { s, c } = await waiting({ max_bytes: 100, overflow });
                void c.send("small");
                expect(await rejection(c.send("x".repeat(100)))).to.have.property("code", "ERR_QUEUE_FULL");
                expect(c.buffered).to.equal(size("small"));
                const arrived = received(s, 1);
                await c.connect();
                expect(await arrived).to.deep.equal(["small"]);
            }
        });

        it("bytes are counted as bytes, to the last", async () => {
            for (const text of ["abc", "é→😀"]) {
                const c = offline({ max_bytes: size(text) });
                void c.send(text);
                expect(c.buffered).to.equal(size(text));
                const tight = offline({ max_bytes: size(text) - 1 });
                expect(await rejection(tight.send(text))).to.have.property("code", "ERR_QUEUE_FULL");
            }
        });

        it("several make room for a large one, and their callbacks are told", async () => {
            const c = offline({ max_bytes: 400, overflow: "drop-oldest" });
            const failed: unknown[] = [];
            const sent = [1, 2, 3].map((n) =>
                c.send("x".repeat(20), () => undefined, { failed: ({ code }) => failed.push([n, code]) }),
            );
            const settled = outcomes(sent);
            void c.send("y".repeat(300));
            await turn();
            expect(settled.slice(0, 2)).to.deep.equal(["ERR_QUEUE_FULL", "ERR_QUEUE_FULL"]);
            expect(failed.slice(0, 2)).to.deep.equal([
                [1, "ERR_QUEUE_FULL"],
                [2, "ERR_QUEUE_FULL"],
            ]);
            expect(c.buffered).to.be.within(size("y".repeat(300)), 400);
        });

        it("there is room again after they were sent", async () => {
            const { s, c } = await waiting({ max_messages: 1 });
            for (let n = 0; n < 3; n++) {
                const arrived = received(s, 1);
                const gone = announced(s, 1).then(([socket]) => once(s, "disconnect").then(() => socket));
                void c.send(n);
                expect(await rejection(c.send("no room"))).to.have.property("code", "ERR_QUEUE_FULL");
                await c.connect();
                expect(await arrived).to.deep.equal([n]);
                await c.disconnect();
                await gone;
            }
        });
    });

    describe("max_age", () => {
        it("drops what has waited longer, in order, and keeps the rest", async () => {
            const { s, c } = await waiting({ max_age: 30 });
            const failed: unknown[] = [];
            const start = performance.now();
            const old = [
                c.send(1),
                c.send(2, () => undefined, { failed: ({ code }) => failed.push(code) }),
                c.request(3),
            ];
            const settled = outcomes(old);
            await Promise.allSettled(old);
            expect(settled).to.deep.equal(Array(3).fill("ERR_QUEUE_EXPIRED"));
            expect(failed).to.deep.equal(["ERR_QUEUE_EXPIRED"]);
            expect(performance.now() - start).to.be.within(15, 5000);
            expect(c.buffered).to.equal(0);
            const arrived = received(s, 1);
            const young = c.send("young");
            await c.connect();
            await young;
            expect(await arrived).to.deep.equal(["young"]);
        });

        it("is that of each message", async () => {
            const clock = FakeTimers.install({
                toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "performance"],
            });
            later(() => clock.uninstall());
            const c = offline({ max_age: 100 });
            const first = c.send("first");
            await clock.tickAsync(40);
            const settled = outcomes([first, c.send("other")]);
            await clock.tickAsync(59);
            expect([settled, c.buffered]).to.deep.equal([[], 2 * size("first")]);
            await clock.tickAsync(2);
            expect([settled, c.buffered]).to.deep.equal([["ERR_QUEUE_EXPIRED"], size("other")]);
            await clock.tickAsync(38);
            expect(settled).to.have.length(1);
            await clock.tickAsync(2);
            expect([settled, c.buffered]).to.deep.equal([["ERR_QUEUE_EXPIRED", "ERR_QUEUE_EXPIRED"], 0]);
            expect(clock.countTimers()).to.equal(0);
        });

        it("does not strike what was dropped, sent or given up before", async () => {
            const { s, c } = await waiting({ max_age: 20, max_messages: 1, overflow: "drop-oldest" });
            const dropped = rejection(c.send(1));
            const arrived = received(s, 1);
            const sent = c.send(2);
            await c.connect();
            await sent;
            expect(await dropped).to.have.property("code", "ERR_QUEUE_FULL");
            expect(await arrived).to.deep.equal([2]);
            await c.disconnect();
            const expired = c.send(3);
            expect(await rejection(expired)).to.have.property("code", "ERR_QUEUE_EXPIRED");
        });

        it("of Infinity, of more than a timer can run, and none are for ever", async () => {
            for (const max_age of [Infinity, 2 ** 40, 0, undefined]) {
                const c = offline({ max_age });
                const settled = outcomes([c.send(1)]);
                await turn();
                await turn();
                expect([settled, c.buffered > 0]).to.deep.equal([[], true]);
            }
        });
    });

    describe("a promise that nobody looks at", () => {
        it("harms nobody when its message is dropped, expires or is given up", async () => {
            const seen = unhandled();
            for (const overflow of ["drop-oldest", "drop-newest"] as const) {
                const c = offline({ max_messages: 1, overflow });
                void c.send(1);
                void c.send(2, () => undefined);
                void c.send(3);
                await turn();
                await c.disconnect();
            }
            const late = offline({ max_age: 1 });
            void late.send(1);
            await late.send(2).catch(() => undefined);
            const aborted = offline();
            void aborted.send(1);
            await aborted.disconnect();
            await turn();
            await turn();
            expect(seen).to.deep.equal([]);
        });

        it("is an unhandled rejection when its message is refused", async () => {
            const seen = unhandled();
            for (const overflow of ["reject", undefined] as const) {
                const c = offline({ max_messages: 1, overflow });
                void c.send(1);
                void c.send(2);
                await turn();
            }
            expect(seen).to.deep.equal(["ERR_QUEUE_FULL", "ERR_QUEUE_FULL"]);
        });

        it("harms nobody when the connection breaks", async () => {
            const seen = unhandled();
            const { port } = await rawServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
            const c = client({ port, queue: true });
            const gone = once(c, "disconnect");
            for (let n = 0; n < 10; n++) void c.send("x".repeat(100_000));
            await c.connect();
            await gone;
            await c.disconnect();
            await turn();
            expect(seen).to.deep.equal([]);
        });
    });

    describe("disconnect()", () => {
        it("gives up all that waits", async () => {
            for (const options of [undefined, { timeout: 0 }, { drain: true }]) {
                const c = offline();
                const failed: unknown[] = [];
                const promises = [
                    c.send(1),
                    c.send(2, () => undefined, { failed: ({ code }) => failed.push(code) }),
                    c.request(3),
                    c.ask(4) as Promise<unknown>,
                ];
                const settled = outcomes(promises);
                await c.disconnect(options);
                await Promise.allSettled(promises);
                expect(settled).to.deep.equal(Array(4).fill("ERR_ABORTED"));
                expect([failed, c.buffered]).to.deep.equal([["ERR_ABORTED"], 0]);
            }
        });

        it("gives it up during connect(), too, and nothing of it is sent later", async () => {
            const { s, c } = await waiting();
            const connecting = rejection(c.connect());
            const sent = rejection(c.send("given up"));
            await turn();
            await c.disconnect();
            expect(await connecting).to.have.property("code", "ERR_ABORTED");
            expect(await sent).to.have.property("code", "ERR_ABORTED");
            const arrived = received(s, 1);
            void c.send("afterwards");
            await c.connect();
            expect(await arrived).to.deep.equal(["afterwards"]);
        });

        it("lets out what was flushed already", async () => {
            const { s, c } = await waiting();
            const arrived = received(s, 3);
            const sent = [1, 2, 3].map((n) => c.send(n));
            await c.connect();
            await c.disconnect();
            expect(await Promise.all(sent)).to.deep.equal(Array(3).fill(undefined));
            expect(await arrived).to.deep.equal([1, 2, 3]);
        });

        it("in the handler of connect gives it up", async () => {
            const { s, c } = await waiting();
            const values: unknown[] = [];
            s.on("receive", (value) => values.push(value));
            const sent = rejection(c.send("queued"));
            const accepted = announced(s, 1);
            c.once("connect", () => void c.disconnect());
            await c.connect();
            expect(await sent).to.have.property("code", "ERR_ABORTED");
            await accepted;
            await c.disconnect();
            await s.close();
            expect(values).to.deep.equal([]);
        });
    });

    it("counts in buffered what waits, and the connection's own besides", async () => {
        const { port } = await rawServer();
        const c = client({ port, queue: true });
        expect(c.buffered).to.equal(0);
        let bytes = 0;
        for (const value of ["a", "é", "→".repeat(1000)]) {
            void c.send(value);
            bytes += size(value);
            expect(c.buffered).to.equal(bytes);
        }
        await c.connect();
        await c.send("the system takes all of it");
        expect(c.buffered).to.equal(0);
        void c.send("x".repeat(2 ** 24)).catch(() => undefined);
        expect(c.buffered).to.be.above(2 ** 24);
        await c.disconnect({ timeout: 0 });
        expect(c.buffered).to.equal(0);
    });

    it("without the option a message is refused at once", async () => {
        const s = server();
        await s.listen();
        for (const options of [{}, { queue: false }, { queue: undefined }]) {
            const c = client({ ...placeOf(s), ...options });
            const failed: unknown[] = [];
            const promises = [
                c.send(1),
                c.send(2, () => undefined, { failed: ({ code }) => failed.push(code) }),
                c.ask(3) as Promise<unknown>,
            ];
            const settled = outcomes(promises);
            await turn();
            expect(settled).to.deep.equal(Array(3).fill("ERR_SOCKET_DESTROYED"));
            expect([failed, c.buffered]).to.deep.equal([["ERR_SOCKET_DESTROYED"], 0]);
        }
    });

    it("refuses options that are none", () => {
        const bad: unknown[] = [
            ...[0, -1, NaN, "10", true].flatMap((value) => [{ max_messages: value }, { max_bytes: value }]),
            ...[-1, NaN, "soon"].map((max_age) => ({ max_age })),
            ...["", "drop", "DROP-OLDEST", 1].map((overflow) => ({ overflow })),
        ];
        for (const queue of bad) {
            expect(() => new SockhopClient({ queue: queue as QueueOptions }), JSON.stringify(queue))
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
        }
        for (const queue of [{}, true, false, undefined, { max_messages: Infinity, max_bytes: Infinity }]) {
            expect(new SockhopClient({ queue }).buffered).to.equal(0);
        }
    });

    it("writes to a socket that was assigned at once, and what waits goes on waiting", async () => {
        const { s, c } = await waiting();
        void c.send("queued");
        const before = c.buffered;
        const values = received(s, 2);
        c.socket = await raw(s);
        await c.send("at once");
        expect(c.buffered).to.equal(before);
        c.socket = null;
        await c.connect();
        expect(await values).to.deep.equal(["at once", "queued"]);
    });

    describe("when the connection breaks", () => {
        it("in the handler of connect, what waits goes on waiting", async () => {
            const { s, c } = await waiting();
            const arrived = received(s, 3);
            const sent = [1, 2].map((n) => c.send(n));
            const before = c.buffered;
            c.once("connect", (socket) => socket.destroy());
            const gone = once(c, "disconnect");
            await c.connect();
            expect(c.buffered).to.equal(before);
            await gone;
            sent.push(c.send(3));
            await c.connect();
            await Promise.all(sent);
            expect(await arrived).to.deep.equal([1, 2, 3]);
        });

        it("while it is emptied, nothing is sent twice, and what the system has not taken is lost", async () => {
            const frame = "x".repeat(2 ** 20);
            const count = 20;
            const got: string[] = [];
            let connections = 0;
            const { port } = await rawServer((socket) => {
                connections += 1;
                const number = connections;
                let text = "";
                socket.on("data", (chunk) => {
                    text += chunk.toString();
                    // The first one leaves in the middle.
                    if (number === 1 && text.length > 3 * 2 ** 20) socket.resetAndDestroy();
                });
                socket.on("close", () => {
                    got.push(...Array.from(text.matchAll(/"data":"(\d+) x*"}\n/g), ([, n]) => `${number}:${n}`));
                });
            });
            const c = client({ port, queue: { max_bytes: Infinity } });
            const sent = Array.from({ length: count }, (_, n) => c.send(`${n} ${frame}`));
            const settled = outcomes(sent);
            const gone = once(c, "disconnect");
            await c.connect();
            await gone;
            await Promise.allSettled(sent);
            expect(settled.filter((each) => each !== "resolved" && each !== "ERR_SOCKET_DESTROYED")).to.deep.equal([]);
            expect(settled).to.include("ERR_SOCKET_DESTROYED");
            // Those that were lost are the last ones.
            expect(settled.lastIndexOf("resolved")).to.be.below(settled.indexOf("ERR_SOCKET_DESTROYED"));
            expect(c.buffered).to.equal(0);
            await c.connect();
            await c.send(`99 ${frame}`);
            const closed = once(c, "disconnect");
            await c.disconnect();
            await closed.catch(() => undefined);
            while (connections < 2 || !got.includes("2:99")) await turn();
            expect(got.filter((each) => each.startsWith("2:"))).to.deep.equal(["2:99"]);
            const first = got.filter((each) => each.startsWith("1:"));
            expect(first).to.deep.equal(first.map((_, n) => `1:${n}`));
            expect(first.length).to.be.within(2, count - 1);
        });

        it("what was sent before the loss was noticed is lost or arrives, and never comes back", async () => {
            const { s, c } = await waiting(true, { auto_reconnect_interval: 1 });
            const first = announced(s, 1);
            c.auto_reconnect = true;
            const [socket] = (await first) as [net.Socket];
            const values: unknown[] = [];
            s.on("receive", (value) => values.push(value));
            socket.resetAndDestroy();
            const lost = c.send("into the void").then(
                () => "resolved",
                (error: unknown) => (error as { code: string }).code,
            );
            expect(c.connected).to.equal(true);
            const gone = once(c, "disconnect");
            const again = announced(s, 1);
            await gone;
            await again;
            await c.send("later");
            await c.ask("barrier").catch(() => undefined); // nobody handles it: it is answered at once
            expect(await lost).to.be.oneOf(["resolved", "ERR_SOCKET_DESTROYED"]);
            expect(values).to.deep.equal(["later"]);
        });
    });

    it("leaves no timer, and keeps no process alive", async () => {
        const program = `
            const { client, server } = require("sockhop");
            const timers = () => process.getActiveResourcesInfo().join();
            const before = timers();
            const c = new client({ port: 1, queue: { max_age: 60_000 } });
            c.send("x", () => {}, { timeout: 60_000 }); c.request("x").catch(() => {});
            if (timers() !== before) console.log("held by", timers());
            c.disconnect().then(() => new client({ queue: { max_age: 60_000 } }).send("never"));`;
        const { stdout, stderr } = await promisify(execFile)(process.execPath, ["-e", program], {
            cwd: join(__dirname, "../.."),
            timeout: 5000,
        });
        expect([stdout, stderr]).to.deep.equal(["", ""]);
    });

    /**
     * What can be promised. A promise that has resolved says that the system has taken the bytes, and the system delivers
     * them unless it is told to drop them: when the connection is ended in good order (by `disconnect()`), or is still
     * there, all that has resolved has arrived. When it is cut off, some of that may be lost, but never in the middle: what
     * arrives of one connection is the beginning of what was sent over it. And nothing arrives twice, or out of order,
     * over all connections together; what has rejected because it never left the queue does not arrive at all.
     */
    it("delivers in order, at most once, and all that was sent before a connection ended in good order", async () => {
        const steps = fc.array(
            fc.oneof(
                { weight: 6, arbitrary: fc.constant("send") },
                { weight: 1, arbitrary: fc.constantFrom("connect", "cut by the server", "cut here", "disconnect") },
                { weight: 3, arbitrary: fc.constant("a turn") },
            ),
            { maxLength: 60 },
        );
        await fc.assert(
            fc.asyncProperty(steps, fc.constantFrom(10, 5000), fc.boolean(), async (program, length, automatic) => {
                const s = new SockhopServer({ port: 0 });
                await s.listen();
                const arrived: number[] = [];
                s.on("receive", ([n]: [number]) => arrived.push(n));
                const c = new SockhopClient({
                    port: s.get_bound_port()!,
                    queue: { max_messages: 8 },
                    auto_reconnect: automatic,
                    auto_reconnect_interval: 1,
                });
                const sent: Promise<unknown>[] = [];
                let settled: unknown[] = [];
                /** Which connection each message was sent in the time of, and how those ended. */
                const during: number[] = [];
                const cut = new Set<number>();
                let connection = 0;
                c.on("connect", () => (connection += 1));
                for (const step of program) {
                    if (step === "send") {
                        const promise = c.send([sent.length, "x".repeat(length)]);
                        const n = sent.push(promise) - 1;
                        promise.then(
                            () => {
                                settled[n] = "resolved";
                                during[n] = connection;
                            },
                            (error: unknown) => (settled[n] = (error as { code: string }).code),
                        );
                    } else if (step === "connect") c.connect().catch(() => undefined);
                    else if (step === "cut by the server") {
                        // Also those that have ended here and are still being read there, and one that is being made.
                        for (let n = 1; n <= connection + 1; n++) cut.add(n);
                        for (const { socket } of [...s["_connections"].values()]) socket.resetAndDestroy();
                    } else if (step === "cut here") {
                        cut.add(connection);
                        c.socket?.destroy();
                    } else if (step === "disconnect") {
                        const ended = c.disconnect();
                        if (automatic) c.auto_reconnect = true;
                        void ended;
                    } else await turn();
                }
                await c.disconnect();
                await s.close();
                await Promise.allSettled(sent);
                expect(arrived).to.deep.equal([...new Set(arrived)].sort((a, b) => a - b));
                settled = Array.from(settled);
                expect(settled).to.have.length(sent.length);
                const got = new Set(arrived);
                for (const [n, outcome] of settled.entries()) {
                    expect(outcome).to.be.oneOf(["resolved", "ERR_ABORTED", "ERR_QUEUE_FULL", "ERR_SOCKET_DESTROYED"]);
                    if (outcome === "resolved" && !cut.has(during[n]!))
                        expect(got.has(n), `message ${n}`).to.equal(true);
                    if (outcome === "ERR_ABORTED" || outcome === "ERR_QUEUE_FULL") expect(got.has(n)).to.equal(false);
                }
            }),
            { numRuns: 150 },
        );
    }).timeout(30_000);
});
