import { expect } from "chai";
import { client, placeOf, received, server } from "../support/pair";
import { until } from "../support/eventLoop";

describe("what waits for a connection", () => {
    for (const slow_consumer of ["drop", "disconnect"] as const) {
        it(`in a queue with "${slow_consumer}" is sent no faster than there is room, and the next waits behind`, async () => {
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

    it("without a queue goes before what handlers of connect send", async () => {
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
