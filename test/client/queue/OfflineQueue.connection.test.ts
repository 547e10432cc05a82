import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import { announced, client, raw, rawServer, received, rejection } from "../../support/pair";
import { offline, outcomes, turn, waiting } from "../../support/queues";

describe("OfflineQueue", () => {
    describe("disconnect()", () => {
        it("aborts all queued messages", async () => {
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

        it("aborts them during connect(), too, and sends none of them later", async () => {
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

        it("still sends messages that were flushed before", async () => {
            const { s, c } = await waiting();
            const arrived = received(s, 3);
            const sent = [1, 2, 3].map((n) => c.send(n));
            await c.connect();
            await c.disconnect();
            expect(await Promise.all(sent)).to.deep.equal(Array(3).fill(undefined));
            expect(await arrived).to.deep.equal([1, 2, 3]);
        });

        it("aborts queued messages when called in a connect handler", async () => {
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

    it("keeps queued messages when a socket is assigned, and writes new ones to that socket", async () => {
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
        it("keeps queued messages after a loss in the connect handler", async () => {
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

        it("sends no message twice after a loss during the flush, and loses unwritten bytes", async () => {
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
                    // The first connection closes in the middle of the flush.
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
            // The last messages are the lost ones.
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

        it("never sends messages again that were sent before the loss was detected", async () => {
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
            await c.ask("barrier").catch(() => undefined); // no handler: replies at once with an error
            expect(await lost).to.be.oneOf(["resolved", "ERR_SOCKET_DESTROYED"]);
            expect(values).to.deep.equal(["later"]);
        });
    });
});
