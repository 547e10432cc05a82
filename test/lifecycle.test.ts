import { expect } from "chai";
import fc from "fast-check";
import { once } from "node:events";
import type { SockhopClient, SockhopServer } from "../src";
import { client, server, socketPath } from "./support/pair";

/** What can happen to a client and its server, in any order and without waiting for each other. */
const STEPS: Record<string, (c: SockhopClient, s: SockhopServer) => unknown> = {
    "s.listen()": (_, s) => s.listen(),
    "s.close()": (_, s) => s.close(),
    "s.disconnect()": (_, s) => s.disconnect(),
    "c.connect()": (c) => c.connect(),
    "c.disconnect()": (c) => c.disconnect(),
    "c.auto_reconnect": (c) => (c.auto_reconnect = !c.auto_reconnect),
    "c.send()": (c) => c.send("x", () => undefined),
    "c.ask()": (c) => c.ask("x"),
    "s.ask()": (_, s) => s.sessions[0]?.ask("x", { timeout: 1 }),
    "s.kill_socket()": (_, s) => s.sessions[0]?.kill(),
    "s.sendall()": (_, s) => s.sendall("x"),
    "c.ping()": (c) => {
        c.ping(1);
    },
    "s.ping()": (_, s) => {
        s.ping(1);
    },
    "c destroyed": (c) => c.socket?.destroy(),
    "c reset": (c) => c.socket?.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })),
    "s destroyed": (_, s) => {
        for (const socket of s.sockets) socket.destroy();
    },
    "a turn": () => new Promise(setImmediate),
};

describe("client and server, whatever is done to them", () => {
    it("settle every promise, pair every connect with one disconnect, and keep nothing", async () => {
        const path = socketPath();
        const step = fc.constantFrom(...Object.keys(STEPS));
        // In one turn, or each in a turn of its own: both have shown faults that the other did not.
        const programs = fc.array(fc.tuple(step, fc.boolean()), { maxLength: 25 });
        await fc.assert(
            fc.asyncProperty(programs, async (program) => {
                const s = server({ path });
                const c = client({ path, auto_reconnect_interval: 1 });
                const balance = { c: 0, s: 0 };
                for (const [name, end] of Object.entries({ c, s }) as ["c" | "s", SockhopClient | SockhopServer][]) {
                    const count = (change: number, allowed: (now: number) => boolean) => (): void => {
                        balance[name] += change;
                        if (!allowed(balance[name])) throw new Error(`${name}: connect and disconnect do not match`);
                    };
                    end.on(
                        "connect",
                        count(1, (now) => name === "s" || now === 1),
                    );
                    end.on(
                        "disconnect",
                        count(-1, (now) => now >= 0),
                    );
                }
                const promises: unknown[] = [];
                for (const [name, turn] of program) {
                    promises.push(Promise.resolve(STEPS[name]!(c, s)).catch(() => undefined));
                    expect(c.connected).to.equal(balance.c === 1);
                    if (turn) await new Promise(setImmediate);
                }
                await c.disconnect();
                await s.close();
                await Promise.all(promises);
                await new Promise(setImmediate); // the server's last disconnect
                expect({ balance, sockets: s.sockets, connected: c.connected, socket: c.socket ?? null }).to.deep.equal(
                    {
                        balance: { c: 0, s: 0 },
                        sockets: [],
                        connected: false,
                        socket: null,
                    },
                );
                expect([c["_connections"].size, s["_connections"].size]).to.deep.equal([0, 0]);

                // And they work as new.
                const accepted = once(s, "connect");
                await s.listen();
                await c.connect();
                await accepted;
                await c.disconnect();
                await s.close();
            }),
            { numRuns: 500 },
        );
    }).timeout(60_000);
});
