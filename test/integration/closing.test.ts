import { expect } from "chai";
import fc from "fast-check";
import { execFile } from "node:child_process";
import { once } from "node:events";
import type net from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { SockhopClient, SockhopServer } from "../../src";
import { announced, client, rejection, server, socketPath } from "../support/pair";
import { LONG, both, ENDS, refusesConnections, turn } from "../support/closing";

describe("closing", () => {
    it("rejects with ERR_BAD_OPTION for an invalid timeout, and can be called again", async () => {
        for (const [name, end] of Object.entries(ENDS)) {
            for (const timeout of [-1, NaN, "soon" as unknown as number]) {
                for (const drain of [false, true]) {
                    const ends = await both();
                    expect(await rejection(end(ends, { timeout, drain })), name).to.have.property(
                        "code",
                        "ERR_BAD_OPTION",
                    );
                    await end(ends);
                    const own = name.startsWith("client") ? ends.c.socket : ends.socket;
                    expect(own?.destroyed ?? true, name).to.equal(true);
                }
            }
        }
    });

    it("rejects with ERR_BAD_OPTION also without a connection", async () => {
        for (const end of [client(), server()]) {
            expect(await rejection(end.disconnect({ timeout: -1 }))).to.have.property("code", "ERR_BAD_OPTION");
        }
        expect(await rejection(server().close({ timeout: -1 }))).to.have.property("code", "ERR_BAD_OPTION");
    });

    it("is the effect of Symbol.asyncDispose", async () => {
        const { s, c, socket, session } = await both();
        const own = c.socket!;
        const gone = once(c, "disconnect");
        await session[Symbol.asyncDispose]();
        expect(socket.destroyed).to.equal(true);
        await gone;
        c.auto_reconnect = true;
        await once(c, "connect");
        const port = s.get_bound_port()!;
        await c[Symbol.asyncDispose]();
        expect([own.destroyed, c.connected, c.auto_reconnect]).to.deep.equal([true, false, false]);
        await s[Symbol.asyncDispose]();
        expect(s.server.listening).to.equal(false);
        await refusesConnections(port);
    });

    it("is the effect of await using at the end of a block", async () => {
        let port: number;
        let sockets: net.Socket[];
        {
            await using s = new SockhopServer({ port: 0 });
            await s.listen();
            port = s.get_bound_port()!;
            await using c = new SockhopClient({ port });
            const accepted = announced(s, 1);
            await c.connect();
            sockets = [...(await accepted), c.socket!];
            await using session = s.sessions[0]!;
            const heard = once(c, "receive");
            await session.send("used");
            expect((await heard)[0]).to.equal("used");
        }
        expect(sockets.map(({ destroyed }) => destroyed)).to.deep.equal([true, true]);
        await refusesConnections(port);
    });

    it("leaves no handles that keep a process alive", async () => {
        const program = `
            const Sockhop = require("sockhop");
            const { once } = require("node:events");
            const net = require("node:net");
            const path = ${JSON.stringify(socketPath())};
            const ends = {
                close: (s, c, o) => Promise.all([s.close(o), c.disconnect(o)]),
                disconnect: (s, c, o) => Promise.all([c.disconnect(o), s.disconnect(o)]).then(() => s.close(o)),
                kill: (s, c, o) => s.sessions[0].kill(o).then(() => Promise.all([s.close(o), c.disconnect(o)])),
            };
            process.stderr; // opened by node itself when it destroys a socket
            const kinds = () => process.getActiveResourcesInfo().sort().join();
            (async () => {
                const before = kinds();
                const found = [];
                for (const place of [{ port: 0 }, { path }])
                for (const [name, end] of Object.entries(ends))
                for (const options of [{}, { timeout: 0 }, { drain: true, timeout: 5 }]) {
                    const s = new Sockhop.server(place);
                    await s.listen();
                    const c = new Sockhop.client({ ...place, port: s.get_bound_port(), auto_reconnect_interval: 60_000, queue: { max_age: 60_000 } });
                    for (const end of [s, c]) end.on("receive", () => {});
                    c.send("in the queue");
                    const accepted = once(s, "connect");
                    c.auto_reconnect = true;
                    c.ping(1000); s.ping(1000);
                    await accepted;
                    c.send("question", () => {}, { timeout: 60_000 });
                    c.ask("x").catch(() => {}); s.sessions[0].ask("x").catch(() => {});
                    // Reads nothing, or everything if the timeout is long.
                    const dead = place.path ? net.connect(path) : net.connect(s.get_bound_port());
                    dead.on("error", () => {});
                    if (options.timeout === undefined) dead.resume();
                    const second = once(s, "connect");
                    await second;
                    if (options.timeout !== undefined) s.send(s.sockets[1], "x".repeat(1e7)).catch(() => {});
                    await end(s, c, options);
                    dead.destroy();
                    if (!dead.closed) await once(dead, "close");
                    if (c.socket) throw new Error("a client has a socket");
                    await new Promise(setImmediate); await new Promise(setImmediate);
                    if (kinds() !== before) found.push({ name, place, options, before, after: kinds() });
                }
                console.log(JSON.stringify(found));
            })();`;
        const { stdout, stderr } = await promisify(execFile)(process.execPath, ["-e", program], {
            cwd: join(__dirname, "../.."),
            timeout: 50_000,
        });
        expect([stdout, stderr]).to.deep.equal(["[]\n", ""]);
    });

    it("emits one disconnect for each connect, and every promise resolves, in any order", async () => {
        const way = fc.constantFrom(...Object.keys(ENDS));
        const option = fc.record({ timeout: fc.constantFrom(0, 1, 5, LONG), drain: fc.boolean() });
        const steps = fc.array(fc.tuple(fc.oneof(way, fc.constantFrom("a question", "a request")), option, fc.nat(3)), {
            minLength: 1,
            maxLength: 6,
        });
        await fc.assert(
            fc.asyncProperty(steps, async (program) => {
                const s = server();
                const c = client();
                const balance = { c: 0, s: 0 };
                for (const [name, end] of [
                    ["c", c],
                    ["s", s],
                ] as const) {
                    end.on("connect", () => (balance[name] += 1));
                    end.on("disconnect", () => (balance[name] -= 1));
                }
                await s.listen();
                c.port = s.get_bound_port()!;
                const accepted = announced(s, 1);
                await c.connect();
                const [socket] = (await accepted) as [net.Socket];
                const own = c.socket!;
                const ends = { s, c, socket, session: s.sessions[0]! };
                const promises: Promise<unknown>[] = [];
                for (const [what, options, turns] of program) {
                    if (what === "a question") void c.send("q", () => undefined, { timeout: 1 }).catch(() => undefined);
                    else if (what === "a request") c.ask("q").catch(() => undefined);
                    else promises.push(ENDS[what]!(ends, options));
                    for (let n = 0; n < turns; n++) await turn();
                }
                await Promise.all([c.disconnect(), s.close()]);
                await Promise.all(promises);
                await turn(); // the last disconnect of the server
                expect([balance, socket.destroyed, own.destroyed]).to.deep.equal([{ c: 0, s: 0 }, true, true]);
            }),
            { numRuns: 100 },
        );
    });
});
