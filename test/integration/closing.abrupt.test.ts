import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import type { SockhopClient, SockhopServer, SockhopSession, EndOptions } from "../../src";
import { announced, client, crowd, placeOf, raw, rawServer, server } from "../support/pair";
import { LONG, both, ENDS_OF_A_SERVER, refusesConnections, turn, NeverReady } from "../support/closing";

describe("closing", () => {
    describe("in any state", () => {
        const options: (EndOptions | undefined)[] = [
            undefined,
            { timeout: 0 },
            { timeout: 0, drain: true },
            { drain: true },
        ];

        /** States of a server. Each returns the sockets that must be closed afterwards. */
        const times: Record<string, (s: SockhopServer) => net.Socket[] | Promise<net.Socket[]>> = {
            "before listen()": () => [],
            "in the turn of listen()": (s) => {
                s.listen().catch(() => undefined);
                return [];
            },
            "while it listens": async (s) => {
                await s.listen();
                return [];
            },
            "when a connection was accepted in this turn": async (s) => {
                const listener = await s.listen();
                const accepted = once(listener, "connection");
                (await raw(s)).resume();
                return (await accepted) as [net.Socket];
            },
            "when a client is connected": async (s) => {
                await s.listen();
                const accepted = announced(s, 1);
                await client(placeOf(s)).connect();
                return accepted;
            },
            "when all is ending already": async (s) => {
                await s.listen();
                const accepted = announced(s, 2);
                await client(placeOf(s)).connect();
                (await raw(s)).resume();
                const sockets = await accepted;
                void s.close();
                return sockets;
            },
            "when all has ended": async (s) => {
                await s.listen();
                await s.close();
                return [];
            },
        };

        for (const [time, prepare] of Object.entries(times)) {
            it(`close() and disconnect() of a server resolve: ${time}`, async () => {
                for (const option of options) {
                    for (const order of ["cd", "dc", "cc", "dd"]) {
                        const s = server();
                        const sockets = await prepare(s);
                        const { port } = (s.server.address() ?? {}) as { port?: number };
                        await Promise.all(
                            Array.from(order, (which) => (which === "c" ? s.close(option) : s.disconnect(option))),
                        );
                        expect(sockets.filter(({ destroyed }) => !destroyed)).to.deep.equal([]);
                        expect([s.sockets, s.sessions]).to.deep.equal([[], []]);
                        if (order === "dd") await s.close(option);
                        expect(s.server.listening).to.equal(false);
                        if (port !== undefined) await refusesConnections(port);
                    }
                }
            });
        }

        it("close(), disconnect() and kill() resolve while a session is starting", async () => {
            for (const [name, end] of Object.entries(ENDS_OF_A_SERVER)) {
                for (const option of options) {
                    const created: SockhopSession[] = [];
                    class Session extends NeverReady {
                        constructor(socket: net.Socket, owner: SockhopServer) {
                            super(socket, owner);
                            created.push(this);
                        }
                    }
                    const s = server({ session_type: Session });
                    const listener = await s.listen();
                    const accepted = once(listener, "connection");
                    const peer = await raw(s);
                    await accepted;
                    const [session] = created as [SockhopSession];
                    const gone = once(peer.resume(), "close");
                    await end({ s, socket: session.sock, session }, option);
                    expect(session.sock.destroyed, name).to.equal(true);
                    await gone;
                    await s.close();
                }
            }
        });

        it("disconnect() of a client resolves in every state", async () => {
            const s = server();
            await s.listen();
            // Without a TLS server at the other end the handshake never ends.
            const silent = await rawServer();
            const doing: Record<string, (c: SockhopClient) => unknown> = {
                nothing: () => undefined,
                "connect() in this turn": (c) => c.connect(),
                "connecting since a turn": async (c) => {
                    const connecting = c.connect();
                    await turn();
                    expect(c.socket).to.be.instanceOf(net.Socket);
                    return connecting;
                },
                connected: async (c) => {
                    await c.connect();
                    c.auto_reconnect = true;
                    c.ping(1000);
                },
                reconnecting: async (c) => {
                    c.auto_reconnect = true;
                    await once(c, "connect");
                    c.socket!.destroy();
                    await once(c, "reconnecting");
                },
                "an attempt by auto_reconnect": async (c) => {
                    c.auto_reconnect = true;
                    await turn();
                },
                disconnecting: async (c) => {
                    await c.connect();
                    void c.disconnect();
                },
                disconnected: async (c) => {
                    await c.connect();
                    await c.disconnect();
                },
            };
            for (const [name, prepare] of Object.entries(doing)) {
                for (const option of options) {
                    const tls = { ssl: true, ...silent };
                    for (const place of name.startsWith("connecting") ? [placeOf(s), tls] : [placeOf(s)]) {
                        const c = client({ ...place, auto_reconnect_interval: LONG });
                        const preparing = Promise.resolve(prepare(c));
                        const settled = preparing.then(
                            () => "resolved",
                            (error: unknown) => (error as { code: string }).code,
                        );
                        await (name.startsWith("connect") && name !== "connected" ? turn() : settled);
                        const { socket } = c;
                        await Promise.all([c.disconnect(option), c.disconnect(option)]);
                        await c.disconnect(option);
                        expect(socket?.destroyed ?? true, name).to.equal(true);
                        expect([c.connected, c.auto_reconnect, c.interval_timer], name).to.deep.equal([
                            false,
                            false,
                            null,
                        ]);
                        expect(c.socket ?? null).to.equal(null);
                        expect(await settled, name).to.be.oneOf(["resolved", "ERR_ABORTED"]);
                    }
                }
            }
        });
    });

    it("server.close() resolves when every socket has closed, and the port refuses", async () => {
        const { s, clients } = await crowd(10);
        const sockets = s.sockets;
        const port = s.get_bound_port()!;
        await s.close();
        expect(sockets.map(({ destroyed, closed }) => [destroyed, closed])).to.deep.equal(Array(10).fill([true, true]));
        await refusesConnections(port);
        const own = clients.map((c) => c.socket);
        await Promise.all(clients.map((c) => c.disconnect()));
        expect(own.every((socket) => socket?.destroyed ?? true)).to.equal(true);
    });

    it("server.disconnect() resolves when every socket has closed, and the port accepts", async () => {
        const { s } = await crowd(3);
        const sockets = s.sockets;
        expect(await s.disconnect({ timeout: LONG })).to.deep.equal([undefined, undefined, undefined]);
        expect(sockets.every(({ closed }) => closed)).to.equal(true);
        const c = client(placeOf(s));
        await c.connect();
        expect(c.connected).to.equal(true);
    });

    it("has no effect on a closed connection, and resolves at once", async () => {
        const { s, c, socket, session } = await both();
        const gone = once(s, "disconnect");
        await session.kill();
        await gone;
        let events = 0;
        s.on("disconnect", () => (events += 1));
        await Promise.all([
            session.kill(),
            s.kill_socket(socket, { timeout: 0 }),
            s.kill_socket(socket, { drain: true }),
        ]);
        await c.disconnect();
        await turn();
        expect(events).to.equal(0);
    });
});
