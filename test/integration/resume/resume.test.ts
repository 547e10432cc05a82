import { expect } from "chai";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import type { SockhopClient } from "../../../src";
import { turns, until } from "../../support/eventLoop";
import { fakeTime, timeOf } from "../../support/fakeTime";
import { client, pair, received, rejection, server } from "../../support/pair";
import { cut, resumable } from "../../support/resume";

/** Both ends have the option. */
export const RESUME = { resume: true, auto_reconnect_interval: 20 };

describe("A connection with resume", () => {
    for (const codec of ["json", "binary"] as const) {
        describe(`and the codec ${codec}`, () => {
            const options = { ...RESUME, codec };

            it("is resumable at both ends", async () => {
                const { s, c } = await pair(options);
                await c.send("first");
                expect(c.resumable).to.equal(true);
                expect(s.sessions[0]!.resumable).to.equal(true);
            });

            for (const end of ["client", "server"] as const) {
                it(`delivers every message once and in order, when the ${end} cuts it`, async () => {
                    const { s, c } = await pair(options);
                    const events: string[] = [];
                    for (const [name, each] of [
                        ["c", c],
                        ["s", s],
                    ] as [string, SockhopClient][]) {
                        for (const event of ["interrupted", "resumed", "disconnect"] as const)
                            each.on(event, () => events.push(`${name} ${event}`));
                    }
                    const atServer = received(s, 40);
                    const atClient = received(c, 40);
                    for (let n = 0; n < 40; n++) {
                        void c.send(n);
                        void s.sessions[0]!.send(n);
                        if (n === 20) {
                            await new Promise(setImmediate);
                            (end === "client" ? c.socket! : s.sockets[0]!).destroy();
                        }
                    }
                    const numbers = Array.from({ length: 40 }, (_, n) => n);
                    expect(await atServer).to.deep.equal(numbers);
                    expect(await atClient).to.deep.equal(numbers);
                    expect(events.slice().sort()).to.deep.equal([
                        "c interrupted",
                        "c resumed",
                        "s interrupted",
                        "s resumed",
                    ]);
                    expect(c.connected).to.equal(true);
                });
            }
        });
    }

    it("keeps callbacks and requests over a cut", async () => {
        const { s, c } = await pair(RESUME);
        s.on("receive", (value, { callback }) => {
            s.sockets[0]!.destroy();
            callback?.(`reply to ${String(value)}`);
        });
        s.handle("String", async (value) => {
            c.socket!.destroy();
            await once(s, "resumed");
            return `response to ${value as string}`;
        });
        const reply = new Promise((resolve) => void c.send("call", resolve));
        expect(await reply).to.equal("reply to call");
        expect(await c.ask("request")).to.equal("response to request");
    });

    it("is not resumed over a socket of the program, as the client does not know where that leads", async () => {
        const s = server({ ...RESUME });
        const other = server({ ...RESUME });
        await Promise.all([s.listen(), other.listen()]);
        const c = client({ ...RESUME, port: other.get_bound_port()! });
        let connections = 0;
        other.on("connect", () => (connections += 1));
        const accepted = once(s, "connect") as Promise<[Socket]>;
        c.socket = connect(s.get_bound_port()!, "127.0.0.1");
        const [socket] = await accepted;
        await c.flush();
        expect(c.resumable).to.equal(false);
        const lost = once(s, "disconnect");
        socket.destroy();
        await lost;
        await turns(20);
        expect(c.socket).to.equal(null);
        expect(connections).to.equal(0);
    });

    it("is resumed at once, but not in a tight loop if nothing arrives in between", async () => {
        const clock = fakeTime();
        const { s, c } = await resumable({ resume: { timeout: 100_000 }, auto_reconnect_interval: 10_000 });
        expect(await timeOf(clock, cut(s, c))).to.be.below(10_000);
        expect(await timeOf(clock, cut(s, c))).to.be.at.least(10_000);
        void c.send("progress");
        await c.flush();
        expect(await timeOf(clock, cut(s, c))).to.be.below(10_000);
    });

    it("that has ended rejects flush() of its session, which needs no handler", async () => {
        const { s, c } = await pair({});
        const [session] = s.sessions;
        await c.disconnect();
        await until(() => s.sessions.length === 0);
        void session!.flush();
        expect(await rejection(session!.flush())).to.have.property("code", "ERR_SOCKET_DESTROYED");
    });
});
