import { expect } from "chai";
import { once } from "node:events";
import { client, placeOf, rawServer, received, rejection, server } from "../../support/pair";
import { until } from "../../support/eventLoop";

describe("OfflineQueue and pending sends", () => {
    for (const slow_consumer of ["drop", "disconnect"] as const) {
        it(`sends messages of a queue with "${slow_consumer}" at the rate of the peer, and later messages behind them`, async () => {
            const s = server();
            await s.listen();
            const c = client({ ...placeOf(s), queue: true, slow_consumer, max_buffered: 20_000 });
            const values = Array.from({ length: 100 }, (_, n) => `${n} ${"x".repeat(1000)}`);
            const arrived = received(s, 101);
            let connections = 0;
            c.on("connect", () => (connections += 1));
            const sent = values.map((value) => c.send(value));
            await c.connect();
            await Promise.all([...sent, c.send("next")]);
            expect(await arrived).to.deep.equal([...values, "next"]);
            expect(connections).to.equal(1);
        });
    }

    for (const options of [{}, { resume: true }, { codec: "binary" }, { codec: "binary", resume: true }] as const) {
        it(`sends messages of connect handlers before the queue: ${JSON.stringify(options)}`, async () => {
            const s = server(options);
            await s.listen();
            const arrived = received(s, 6);
            const c = client({ ...placeOf(s), ...options, queue: true });
            void c.send("queued 1");
            void c.send("queued 2");
            c.once("connect", () => {
                void c.send("by a handler");
                void c.send("call", () => undefined);
            });
            c.once("connect", () => void c.send("by another"));
            await c.connect();
            await c.send("later");
            expect(await arrived).to.deep.equal([
                "by a handler",
                "call",
                "by another",
                "queued 1",
                "queued 2",
                "later",
            ]);
            expect(c.buffered).to.equal(0);
        });
    }

    it("fails messages of connect handlers with their connection, and keeps the queue", async () => {
        const { port } = await rawServer((socket) => socket.once("data", () => socket.destroy()));
        const c = client({ port, codec: "binary", queue: true });
        const failed = once(c, "disconnect");
        void c.send("queued");
        let code: Promise<unknown> | undefined;
        c.once("connect", () => (code = rejection(c.send("by a handler"))));
        await c.connect();
        await failed;
        expect(await code).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(c.buffered).to.be.greaterThan(0); // "queued"
    });

    it("sends messages of connect() before those of connect handlers without a queue", async () => {
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
