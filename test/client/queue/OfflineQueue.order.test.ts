import { expect } from "chai";
import { client, placeOf, received, server } from "../../support/pair";
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
