import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import type { SockhopClient } from "../../src";
import { announced, client, placeOf, raw, rawServer, rejection, server } from "../support/pair";
import { fakeTime, timeOf } from "../support/fakeTime";
import { LARGE, LONG, type Both, ENDS_OF_A_SERVER, turn } from "../support/closing";

/** A connection of a server whose peer reads nothing. */
async function stuck(): Promise<Pick<Both, "s" | "socket" | "session"> & { peer: net.Socket; sent: Promise<unknown> }> {
    const s = server();
    await s.listen();
    const accepted = announced(s, 1);
    const peer = await raw(s);
    const [socket] = (await accepted) as [net.Socket];
    const session = s.sessions[0]!;
    const sent = rejection(s.send(socket, LARGE));
    await turn(); // timers start with the tick in which they are set, and this tick was long
    return { s, socket, session, peer, sent };
}

/** A client whose server does not read. */
async function stuckClient(): Promise<{ c: SockhopClient; socket: net.Socket; sent: Promise<unknown> }> {
    const c = client(await rawServer());
    await c.connect();
    const sent = rejection(c.send(LARGE));
    await turn();
    return { c, socket: c.socket!, sent };
}

describe("closing", () => {
    describe("with pending messages", () => {
        for (const [name, end] of Object.entries(ENDS_OF_A_SERVER)) {
            for (const drain of [false, true]) {
                it(`sends them to a slow reader first: ${name}${drain ? " with drain" : ""}`, async () => {
                    const s = server();
                    await s.listen();
                    const accepted = announced(s, 1);
                    const peer = await raw(s);
                    const [socket] = (await accepted) as [net.Socket];
                    const sent = s.send(socket, LARGE);
                    const ended = end({ s, socket, session: s.sessions[0]! }, { timeout: LONG, drain });
                    let bytes = 0;
                    for await (const chunk of peer) {
                        bytes += (chunk as Buffer).length;
                        if (bytes < 2 ** 20) await turn();
                    }
                    await Promise.all([sent, ended]);
                    expect(bytes).to.equal(Buffer.byteLength(`{"type":"String","data":"${LARGE}"}\n`));
                    expect(socket.destroyed).to.equal(true);
                });
            }

            it(`destroys the connection after the timeout if the peer does not read: ${name}`, async () => {
                for (const [timeout, drain] of [
                    [0, false],
                    [0, true],
                    [40, false],
                    [40, true],
                ] as const) {
                    const { sent, ...rest } = await stuck();
                    const clock = fakeTime();
                    const gone = once(rest.s, "disconnect");
                    const took = await timeOf(clock, end(rest, { timeout, drain }));
                    expect(took).to.be.within(timeout, 2000);
                    clock.uninstall();
                    expect(rest.socket.destroyed).to.equal(true);
                    expect(await sent).to.have.property("code", "ERR_SOCKET_DESTROYED");
                    await gone;
                }
            });

            it(`destroys the connection sooner when called again with a shorter timeout: ${name}`, async () => {
                const { sent, ...rest } = await stuck();
                const first = end(rest, { timeout: LONG });
                await end(rest, { timeout: 0 });
                expect(rest.socket.destroyed).to.equal(true);
                await first;
                await sent;
            });

            it(`ignores a longer timeout when called again: ${name}`, async () => {
                const rest = await stuck();
                const clock = fakeTime();
                const first = end(rest, { timeout: 20 });
                const second = end(rest, { timeout: LONG });
                expect(await timeOf(clock, first)).to.be.within(20, 2000);
                await second;
            });
        }

        it("sends them to a slow server first when a client closes", async () => {
            for (const drain of [false, true]) {
                let bytes = 0;
                const c = client(
                    await rawServer((socket) => {
                        setImmediate(() => socket.on("data", (chunk) => (bytes += chunk.length)));
                    }),
                );
                await c.connect();
                const { socket } = c;
                const sent = c.send(LARGE);
                await c.disconnect({ timeout: LONG, drain });
                await sent;
                expect(socket!.destroyed).to.equal(true);
                expect(bytes).to.equal(Buffer.byteLength(`{"type":"String","data":"${LARGE}"}\n`));
            }
        });

        it("destroys the connection of a client after the timeout, and sooner when called again with a shorter one", async () => {
            for (const timeout of [0, 40]) {
                const { c, socket, sent } = await stuckClient();
                const clock = fakeTime();
                expect(await timeOf(clock, c.disconnect({ timeout }))).to.be.within(timeout, 2000);
                clock.uninstall();
                expect(socket.destroyed).to.equal(true);
                expect(await sent).to.have.property("code", "ERR_SOCKET_DESTROYED");
            }
            const { c, socket } = await stuckClient();
            const first = c.disconnect({ timeout: LONG });
            await c.disconnect({ timeout: 0 });
            expect(socket.destroyed).to.equal(true);
            await first;
        });

        it("destroys only the connection whose client does not read", async () => {
            const { s, peer, socket } = await stuck();
            const c = client(placeOf(s));
            const connected = announced(s, 1);
            await c.connect();
            const [reader] = (await connected) as [net.Socket];
            const arrived = once(c, "receive");
            const sent = s.send(reader, LARGE);
            const closed = s.close({ timeout: LONG });
            expect((await arrived)[0]).to.equal(LARGE);
            await sent;
            expect([socket.destroyed, peer.destroyed]).to.deep.equal([false, false]);
            await s.close({ timeout: 0 });
            expect(socket.destroyed).to.equal(true);
            await closed;
        });
    });
});
