import { expect } from "chai";
import net from "node:net";
import { once } from "node:events";
import { connectLine } from "../../src/cli/arguments/connectLine";
import { client, later, placeOf, received, server } from "../support/pair";
import { next } from "../support/resume";
import { json, run, start } from "./command";

/** Forwards connections to a port. Calls of `cut()` destroy them. */
async function proxy(port: number): Promise<{ port: number; cut: () => void }> {
    const sockets = new Set<net.Socket>();
    const cut = (): void => {
        for (const socket of sockets) socket.destroy();
    };
    const listener = net.createServer((near) => {
        const far = net.connect(port, "127.0.0.1");
        near.pipe(far).pipe(near);
        for (const socket of [near, far]) {
            sockets.add(socket);
            socket.on("error", () => undefined);
            socket.on("close", () => {
                sockets.delete(socket);
                near.destroy();
                far.destroy();
            });
        }
    });
    await once(listener.listen(0, "127.0.0.1"), "listening");
    later(() => {
        cut();
        listener.close();
    });
    return { port: (listener.address() as net.AddressInfo).port, cut };
}

describe("sockhop --resume", () => {
    it("connects, states interruptions, and loses nothing", async () => {
        const s = server({ resume: true });
        await s.listen();
        const { port, cut } = await proxy(s.get_bound_port()!);
        const values = received(s, 2);
        const connect = start("connect", port, "--resume", "--wait", "forever");
        connect.type("one");
        await next(s, "receive");
        await s.sessions[0]!.flush();
        cut();
        await connect.note(/^interrupted: .+ \(ERR_SOCKET_DESTROYED\)$/);
        connect.type("two");
        await connect.note(/^resumed after [\d.]+ m?s: \d+ sent again, \d+ missed$/);
        expect(await values).to.deep.equal(["one", "two"]);
        await s.close();
        expect((await connect.result()).code).to.equal(0);
    });

    it("states how many messages were not acknowledged", async () => {
        const s = server({ resume: { timeout: 200 } });
        await s.listen();
        const { port, cut } = await proxy(s.get_bound_port()!);
        const connected = next(s, "connect");
        const connect = start("connect", port, "--resume", "--wait", "forever");
        await connected;
        await s.sendall("hello");
        await s.sessions[0]!.flush(); // now the client knows of the agreement, too
        s.server.close();
        cut();
        await connect.note(/^interrupted: /);
        connect.type("one");
        await connect.note(/^connection closed \(NOT_RESUMED, 1 message not acknowledged\)$/);
        expect((await connect.result()).code).to.equal(1);
    });

    it("listens, and sends and receives over the new socket with the label of the client", async () => {
        const listen = start("listen", 0, "--resume");
        const { port, cut } = await proxy(await listen.port());
        const c = client({ port, resume: true, auto_reconnect_interval: 20 });
        await c.connect();
        await c.send("one");
        await c.flush();
        const resumed = next(c, "resumed");
        cut();
        await listen.note(/^#1 interrupted: /);
        await listen.note(/^#1 resumed after /);
        await resumed;
        await c.send("two");
        const lines = await listen.lines(2);
        expect(lines.map(({ data }) => data)).to.deep.equal(["one", "two"]);
        expect(lines[1]!["from"]).to.equal(lines[0]!["from"]);
        const value = next(c, "receive");
        listen.type("three");
        expect((await value)[0]).to.equal("three");
        await c.disconnect();
        await listen.note(/^#1 disconnected$/);
    });

    it("sends until the server has received everything", async () => {
        const s = server({ resume: true });
        await s.listen();
        const { port, cut } = await proxy(s.get_bound_port()!);
        s.once("receive", cut);
        const values = received(s, 100);
        const sent = await run(["send", port, "tick", "--repeat", 100, "--resume"]);
        expect(sent).to.include({ code: 0, stderr: "" });
        expect(await values).to.have.length(100);
    });

    it("works with a server without it", async () => {
        const s = server();
        await s.listen();
        const values = received(s, 1);
        const sent = await run(["send", s.get_bound_port()!, "one", "--resume"]);
        expect(sent).to.include({ code: 0, stderr: "" });
        expect(await values).to.deep.equal(["one"]);
    });

    it("is part of the command that connects", () => {
        expect(connectLine({ port: 9 }, { resume: true }, {})).to.equal("sockhop connect 9 --resume");
    });

    it("is refused for a --json peer, and is no option of ping and tap", async () => {
        const json = await run(["send", 9, "x", "--json", "--resume"]);
        expect(json).to.include({ code: 2, stderr: "sockhop: a --json peer has no --resume: give one of the two\n" });
        for (const args of [
            ["ping", 9],
            ["tap", 9, 10],
        ])
            expect((await run([...args, "--resume"])).code).to.equal(2);
    });

    it("taps a resumed connection: acknowledgements, what is sent again, and no tokens", async () => {
        const s = server({ resume: true });
        await s.listen();
        const tap = start("tap", 0, s.get_bound_port()!);
        const c = client({ ...placeOf(s), port: await tap.port(), resume: true, auto_reconnect_interval: 20 });
        await c.connect();
        await c.send("one");
        await c.flush();
        const resumed = next(c, "resumed");
        c.send("two").catch(() => undefined);
        await new Promise(setImmediate);
        c.socket!.resetAndDestroy();
        await resumed;
        await c.flush();
        await c.disconnect();
        await tap.note(/^#2 closed$/);
        const { stdout } = await tap.interrupt();
        const shown = json(stdout).filter(({ kind }) => kind !== "ping" && kind !== "pong");
        const kinds = new Set(shown.map(({ connection, kind }) => `${String(connection)} ${String(kind)}`));
        expect([...kinds]).to.include.members(["1 hello", "1 receipt", "1 message", "2 resume", "2 receipt"]);
        expect(stdout).to.match(/"token":"[\da-f]{8}…"/);
        expect(stdout).to.not.match(/[\da-f]{32}/);
    });
});
