import { expect } from "chai";
import type net from "node:net";
import { type ServerOptions, type SockhopClient, type SockhopError, type SockhopServer } from "../../../src";
import { announced, client, placeOf, raw, received, rejection, server, socketPath } from "../../support/pair";
import { unhandled } from "../../support/rejections";
import { turns, until } from "../../support/eventLoop";
import { fakeTime } from "../../support/fakeTime";
import { LARGE, deaf, valuesOf } from "../../support/slowReaders";

describe("sendall()", () => {
    type Failed = SockhopError & { failures: { socket: net.Socket; error: SockhopError }[] };

    /** A server on a path with some clients, and one more that does not read. */
    async function oneDeaf(
        count: number,
        options: ServerOptions = {},
    ): Promise<{ s: SockhopServer; clients: SockhopClient[]; peer: net.Socket; slow: net.Socket }> {
        const { s, peer, socket: slow } = await deaf(options);
        const clients = Array.from({ length: count }, () => client(placeOf(s)));
        const accepted = announced(s, count);
        for (const c of clients) await c.connect();
        await accepted;
        return { s, clients, peer, slow };
    }

    it("waits about a second for a client that does not read, and delivers to the others at once", async () => {
        const { s, clients, peer } = await oneDeaf(3);
        const arrived = Promise.all(clients.map((c) => received(c, 1)));
        const clock = fakeTime();
        let resolved = false;
        const sent = s.sendall(LARGE).finally(() => (resolved = true));
        expect((await arrived).map(([value]) => (value as string).length)).to.deep.equal(Array(3).fill(LARGE.length));
        clock.tick(990);
        await turns(3);
        expect(resolved).to.equal(false);
        clock.tick(10);
        expect(await sent).to.deep.equal(Array(4).fill(undefined));
        const values = valuesOf(peer); // the slow client receives it too, once it reads
        await until(() => values.length === 1);
        expect((values[0] as string).length).to.equal(LARGE.length);
    });

    it("waits once for a client that does not read, and skips it until it has caught up", async () => {
        const { s, peer } = await deaf();
        const c = client(placeOf(s));
        const accepted = announced(s, 1);
        await c.connect();
        await accepted;
        const clock = fakeTime();
        const first = received(c, 1);
        const arrived = received(c, 5);
        const sent = s.sendall(LARGE);
        await first;
        clock.tick(1000);
        await sent;
        for (let n = 0; n < 4; n++) await s.sendall(n); // no time passes
        expect((await arrived).slice(1)).to.deep.equal([0, 1, 2, 3]);

        const values = valuesOf(peer);
        await until(() => values.length === 5);
        await s.sendall("all have caught up");
        await until(() => values.length === 6);
    });

    it("resolves as soon as all clients have read it", async () => {
        const { s, peer } = await oneDeaf(3);
        fakeTime(); // which does not pass
        const sent = s.sendall(LARGE);
        await turns(5);
        peer.resume();
        expect(await sent).to.have.length(4);
    });

    it("reports a client whose buffer is full, and delivers to the others", async () => {
        for (const slow_consumer of ["wait", "drop"] as const) {
            const { s, clients, peer, slow } = await oneDeaf(2, { max_buffered: 1_000_000, slow_consumer });
            const arrived = Promise.all(clients.map((c) => received(c, 2)));
            void s.send(slow, LARGE);
            await turns(5);
            for (const value of ["one", "two"]) {
                const error = (await rejection(s.sendall(value))) as Failed;
                expect(error).to.have.property("code", "ERR_BUFFER_FULL");
                expect(error.failures.map(({ socket }) => socket === slow)).to.deep.equal([true]);
                expect(error.failures[0]!.error).to.have.property("code", "ERR_BUFFER_FULL");
            }
            expect(await arrived).to.deep.equal(Array(2).fill(["one", "two"]));
            const values = valuesOf(peer);
            await until(() => values.length === 1);
            await s.sendall("three");
            await until(() => values.length === 2);
            expect(values[1]).to.equal("three");
        }
    });

    it('destroys that connection with "disconnect"', async () => {
        const { s, clients, slow } = await oneDeaf(2, { max_buffered: 1_000_000, slow_consumer: "disconnect" });
        const arrived = Promise.all(clients.map((c) => received(c, 1)));
        const errors: unknown[] = [];
        s.on("error", ({ code }: Error & { code?: string }, socket) => errors.push([code, socket === slow]));
        const left = new Promise((resolve) => s.once("disconnect", resolve));
        void s.send(slow, LARGE);
        await turns(5);
        const error = (await rejection(s.sendall("value"))) as Failed;
        expect(error.failures.map(({ socket }) => socket === slow)).to.deep.equal([true]);
        expect(await left).to.equal(slow);
        expect(errors).to.deep.equal([["ERR_BUFFER_FULL", true]]);
        expect(await arrived).to.deep.equal([["value"], ["value"]]);
        expect(s.sockets).to.have.length(2);
    });

    it("applies backpressure when no client reads", async () => {
        const { s, peer } = await deaf();
        const second = await raw(s);
        await until(() => s.sockets.length === 2);
        let resolved = false;
        const sent = s.sendall(LARGE).then(() => (resolved = true));
        await turns(20);
        expect(resolved).to.equal(false);
        peer.resume();
        second.resume();
        await sent;
    });

    it("rejects with all errors, after all writes have settled, if connections have broken", async () => {
        const s = server({ path: socketPath() });
        await s.listen();
        const accepted = announced(s, 4);
        const peers = [await raw(s), await raw(s), await raw(s), await raw(s)];
        const sockets = await accepted;
        let rejected = false;
        const sent = rejection(s.sendall(LARGE)).finally(() => (rejected = true));
        peers[0]!.resume();
        peers[1]!.destroy();
        peers[2]!.destroy();
        await until(() => s.sockets.length === 2);
        expect(rejected).to.equal(false); // the last write is pending
        const values = valuesOf(peers[3]!);
        const error = (await sent) as Failed;
        expect(error).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(error.failures.map(({ socket }) => sockets.indexOf(socket)).sort()).to.deep.equal([1, 2]);
        expect(error.failures.map(({ error: { code } }) => code)).to.deep.equal(Array(2).fill("ERR_SOCKET_DESTROYED"));
        await until(() => values.length === 1);
    });

    it("causes no unhandled rejection", async () => {
        const { s, peer } = await oneDeaf(1);
        const rejections = unhandled();
        void s.sendall(LARGE);
        await turns(2);
        peer.destroy();
        await until(() => s.sockets.length === 1);
        await turns(10);
        expect(rejections).to.deep.equal([]);
    });

    it("resolves to one undefined per client, and to an empty array without clients", async () => {
        const { s } = await oneDeaf(2);
        expect(await s.sendall("small")).to.deep.equal([undefined, undefined, undefined]);
        const lonely = server();
        expect(await lonely.sendall("small")).to.deep.equal([]);
    });
});
