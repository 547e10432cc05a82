import { expect } from "chai";
import { once } from "node:events";
import { client, rawServer, received, rejection } from "../../support/pair";
import { unhandled } from "../../support/rejections";
import { offline, outcomes, turn, waiting } from "../../support/queues";

describe("OfflineQueue", () => {
    describe("callbacks and requests", () => {
        it("receive their replies", async () => {
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

            /** Options that abort a pending message, and a function that triggers the abort. */
            const impatience = (): { options: { timeout?: number; signal?: AbortSignal }; give_up: () => void } => {
                const abort = new AbortController();
                return how === "a timeout"
                    ? { options: { timeout: 10 }, give_up: () => undefined }
                    : { options: { signal: abort.signal }, give_up: () => abort.abort() };
            };

            it(`leave the queue unsent when aborted by ${how}`, async () => {
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

            it(`are aborted by ${how} after they left the queue as well`, async () => {
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

        it("fail once, with the error of the queue", async () => {
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

        it("count for max_pending only after they are sent", async () => {
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

    describe("a promise without a handler", () => {
        it("causes no unhandled rejection when its message is dropped, expires or is aborted", async () => {
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

        it("is an unhandled rejection when its message is rejected at once", async () => {
            const seen = unhandled();
            for (const overflow of ["reject", undefined] as const) {
                const c = offline({ max_messages: 1, overflow });
                void c.send(1);
                void c.send(2);
                void c.ask(3).catch(() => undefined); // a handler for its only promise
                await turn();
            }
            expect(seen.map((error) => (error as { code: string }).code)).to.deep.equal([
                "ERR_QUEUE_FULL",
                "ERR_QUEUE_FULL",
            ]);
        });

        it("causes no unhandled rejection when the connection breaks", async () => {
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
});
