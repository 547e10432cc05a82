import { expect } from "chai";
import { once } from "node:events";
import type { Stats } from "../../src";
import { client, pair, placeOf, raw, received, server } from "../support/pair";

const NOTHING: Stats = {
    connections: 0,
    messages_sent: 0,
    messages_received: 0,
    bytes_sent: 0,
    bytes_received: 0,
    reconnects: 0,
    pending: 0,
    buffered: 0,
    interruptions: 0,
    replayed: 0,
    unacknowledged: 0,
    kept: 0,
    round_trip: undefined,
};

describe("stats", () => {
    it("start at zero", () => {
        expect(client().stats).to.deep.equal(NOTHING);
        expect(server().stats).to.deep.equal(NOTHING);
    });

    it("are the same at both ends", async () => {
        const { s, c } = await pair();
        s.on("receive", (_, { callback }) => callback?.("answer"));
        const arrived = received(c, 2);
        await c.send("é");
        await new Promise((resolve) => void c.send({ a: 1 }, resolve));
        await s.sendall([1]);
        await s.sendall([2]);
        await arrived;
        const [session] = s.sessions;
        const there = s.stats;
        expect(c.stats).to.include({ connections: 1, messages_sent: 2, messages_received: 3, pending: 0, buffered: 0 });
        expect(there).to.include({ connections: 1, messages_sent: 3, messages_received: 2, pending: 0, buffered: 0 });
        expect(c.stats.bytes_sent).to.equal(there.bytes_received).and.to.be.above(50);
        expect(c.stats.bytes_received).to.equal(there.bytes_sent).and.to.be.above(50);
        expect(session?.stats).to.deep.equal(there);
    });

    it("count pending replies and buffered bytes", async () => {
        const { s, c } = await pair();
        void c.send("question", () => undefined);
        const request = c.ask("request").catch(() => undefined);
        expect(c.stats).to.include({ pending: 2, buffered: c.buffered });
        expect(c.stats.buffered).to.be.above(100);
        const gone = once(s, "disconnect");
        await c.disconnect();
        await Promise.all([gone, request]);
        expect(c.stats).to.include({ connections: 0, pending: 0, buffered: 0, messages_sent: 2 });
    });

    it("continue over connections, and those of a session stay unchanged", async () => {
        const { s, c } = await pair();
        await c.send(1);
        await c.send(2);
        const [session] = s.sessions;
        const gone = once(s, "disconnect");
        await c.disconnect();
        await gone;
        expect(session?.stats).to.include({ connections: 0, messages_received: 2 });
        const again = once(s, "receive");
        await c.connect();
        await c.send(3);
        await again;
        expect(c.stats).to.include({ connections: 1, messages_sent: 3, reconnects: 1 });
        expect(s.stats).to.include({ connections: 1, messages_received: 3, reconnects: 0 });
        const connected = once(s, "connect");
        await client(placeOf(s)).connect();
        await connected;
        expect(s.stats.connections).to.equal(2);
    });

    it("count invalid messages, and bytes of a partial frame", async () => {
        const s = server();
        await s.listen();
        s.on("error", () => undefined);
        const socket = await raw(s);
        const last = received(s, 1);
        socket.write('no message\n{"type":"Number","data":1}\n{"unfin');
        await last;
        expect(s.stats).to.include({ messages_received: 2, bytes_received: 45 });
    });

    it("include the round-trip time of a ping", async () => {
        const { s, c } = await pair();
        expect([c.stats.round_trip, s.sessions[0]?.stats.round_trip]).to.deep.equal([undefined, undefined]);
        c.ping(5);
        while (c.stats.round_trip === undefined) await once(c.socket as NonNullable<typeof c.socket>, "data");
        expect(c.stats.round_trip).to.be.above(0).and.below(10_000);
        s.ping(5);
        while (s.sessions[0]?.stats.round_trip === undefined) await once(s.sockets[0] as (typeof s.sockets)[0], "data");
        expect(s.sessions[0].stats.round_trip).to.be.above(0);
        expect(s.stats.round_trip).to.equal(undefined);
    });

    it("count messages in the queue of a client", () => {
        const c = client({ queue: true });
        void c.send("later").catch(() => undefined);
        expect(c.stats.buffered).to.equal(c.buffered).and.to.be.above(10);
    });
});
