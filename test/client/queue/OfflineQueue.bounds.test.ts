import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { once } from "node:events";
import { type QueueOptions, SockhopClient } from "../../../src";
import { announced, client, later, rawServer, received, rejection } from "../../support/pair";
import { offline, outcomes, turn, waiting } from "../../support/queues";

/** Size in bytes of the message for a string. */
const size = (value: string): number => Buffer.byteLength(`{"type":"String","data":${JSON.stringify(value)}}\n`);

describe("OfflineQueue", () => {
    describe("with limits", () => {
        const limits: Record<string, QueueOptions> = {
            max_messages: { max_messages: 3 },
            max_bytes: { max_bytes: 3 * size("0") },
        };
        for (const [limit, options] of Object.entries(limits)) {
            for (const overflow of ["reject", "drop-newest", undefined] as const) {
                it(`rejects the newest message above ${limit} with overflow ${overflow}`, async () => {
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

            it(`drops the oldest message above ${limit} with overflow drop-oldest`, async () => {
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

        it("drops no message for one that would never fit", async () => {
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

        it("counts bytes, up to the last one", async () => {
            for (const text of ["abc", "é→😀"]) {
                const c = offline({ max_bytes: size(text) });
                void c.send(text);
                expect(c.buffered).to.equal(size(text));
                const tight = offline({ max_bytes: size(text) - 1 });
                expect(await rejection(tight.send(text))).to.have.property("code", "ERR_QUEUE_FULL");
            }
        });

        it("drops several messages for a large one, and calls their failed callbacks", async () => {
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

        it("lets a program that repeats each dropped call drop one per turn of the event loop", async () => {
            const c = offline({ max_messages: 2, overflow: "drop-oldest" });
            let dropped = 0;
            const call = (): void => {
                void c.send("again", () => undefined, { failed });
            };
            const failed = (): void => {
                dropped += 1;
                if (dropped < 5) call();
            };
            for (let n = 0; n < 3; n++) call();
            for (let count = 1; count <= 5; count++) {
                expect(dropped).to.equal(count);
                await turn();
            }
        });

        it("accepts messages again after the queue was sent", async () => {
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
        it("drops expired messages, in order, and keeps the others", async () => {
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
            expect(performance.now() - start).to.be.at.least(15);
            expect(c.buffered).to.equal(0);
            const arrived = received(s, 1);
            const young = c.send("young");
            await c.connect();
            await young;
            expect(await arrived).to.deep.equal(["young"]);
        });

        it("applies to each message separately", async () => {
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

        it("does not apply to messages that were dropped, sent or aborted before", async () => {
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

        it("does not limit the age with Infinity, a value above the timer limit, or no value", async () => {
            for (const max_age of [Infinity, 2 ** 40, 0, undefined]) {
                const c = offline({ max_age });
                const settled = outcomes([c.send(1)]);
                await turn();
                await turn();
                expect([settled, c.buffered > 0]).to.deep.equal([[], true]);
            }
        });
    });

    it("counts queued bytes in buffered, in addition to the buffer of the connection", async () => {
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

    it("rejects invalid options", () => {
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
});
