import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { SockhopSession } from "../../src";
import { frame, turns } from "../support/eventLoop";
import { later, pair, raw, received, rejection, server } from "../support/pair";
import { unhandled } from "../support/rejections";

describe("end of a peer", () => {
    /** A peer that half-closes its connection while the server has paused it, and reads only afterwards. */
    async function endWhilePaused(options: object, lines: string[], last: string): Promise<unknown[]> {
        const s = server({ max_buffered: 100_000, ...options });
        await s.listen();
        const values: unknown[] = [];
        s.on("receive", (value, { socket }) => {
            values.push(value);
            s.send(socket, { big: "x".repeat(300_000) }).catch(() => undefined);
        });
        const errors: unknown[] = [];
        s.on("error", ({ code }: { code?: string }) => errors.push(code));
        const { port } = s.server.address() as net.AddressInfo;
        const peer = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true }).pause();
        later(() => peer.destroy());
        const connected = once(s, "connect");
        await once(peer, "connect");
        await connected;
        const disconnected = new Promise((resolve) => s.once("disconnect", resolve)); // once() would reject at an `error`
        peer.end(lines.map((line) => `${line}\n`).join("") + last);
        while (!s._active()[0]!.pausedFrames || !s.sockets[0]!.readableEnded) await turns(1);
        peer.resume();
        await disconnected;
        return [values.length, values.at(-1), errors, s.sockets.length];
    }

    const LINES = Array.from({ length: 40 }, (_, k) => JSON.stringify({ k }));

    it("delivers the last line of a json peer that was paused", async () => {
        const outcome = await endWhilePaused({ peer_type: "json" }, LINES, '{"k":"last"}');
        expect(outcome).to.deep.equal([41, { k: "last" }, [], 0]);
    });

    it("sends the reply to the last line of a json peer, which has no newline", async () => {
        const s = server({ peer_type: "json" });
        await s.listen();
        s.on("receive", (value, { socket }) => void s.send(socket, { echo: value as unknown }));
        const peer = net.connect({ port: s.get_bound_port()!, host: "127.0.0.1", allowHalfOpen: true });
        later(() => peer.destroy());
        peer.end('{"a":1}\n{"b":2}');
        let text = "";
        for await (const chunk of peer) text += String(chunk);
        expect(text).to.equal('{"echo":{"a":1}}\n{"echo":{"b":2}}\n');
    });

    it("reports the unfinished frame of a peer that was paused", async () => {
        const frames = LINES.map((data) => `{"type":"Object","data":${data}}`);
        const outcome = await endWhilePaused({}, frames, '{"type":"Obj');
        expect(outcome).to.deep.equal([40, { k: 39 }, ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"], 0]);
    });

    it("leaves a socket open that the program keeps half-open", async () => {
        const s = server();
        await s.listen();
        s.on("connect", (socket) => (socket.allowHalfOpen = true));
        const values = received(s, 1);
        const peer = await raw(s);
        peer.end(frame("request"));
        await values;
        const [socket] = s.sockets;
        if (!socket!.readableEnded) await once(socket!, "end");
        await turns(3);
        expect(s.sockets).to.have.length(1);
        await s.send(socket!, "response");
        const closed = once(s, "disconnect");
        socket!.end();
        await closed;
        expect(s.sockets).to.have.length(0);
    });

    it("closes after the end listeners of the program", async () => {
        const { s, c } = await pair();
        const events: unknown[] = [];
        const disconnected = once(c, "disconnect").then(() => events.push("disconnect"));
        c.socket!.once("end", () => events.push(`end, connected: ${c.connected}`));
        s.sockets[0]!.end();
        await disconnected;
        expect(events).to.deep.equal(["end, connected: true", "disconnect"]);
    });
});

describe("a connection that ends while a value is encoded", () => {
    it("is no unhandled rejection: disconnect reports it", async () => {
        const { c } = await pair();
        const rejections = unhandled();
        const value = {
            toJSON() {
                void c.disconnect();
                return 1;
            },
        };
        const sent = c.send(value);
        await turns(3);
        expect(await rejection(sent)).to.have.property("code", "ERR_SOCKET_DESTROYED");
        await c.connect();
        const called = c.send(value, () => undefined);
        await turns(3);
        expect(await rejection(called)).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(rejections).to.deep.equal([]);
    });
});

describe("a session that is refused while its server closes", () => {
    it("does not shorten the timeout of close()", async () => {
        let refuse: (error: Error) => void = () => undefined;
        class Slow extends SockhopSession {
            override start(): Promise<void> {
                return new Promise((_, reject) => (refuse = reject));
            }
        }
        const s = server({ session_type: Slow });
        await s.listen();
        s.on("error", () => undefined);
        const peer = await raw(s);
        while (s["_connections"].size === 0) await turns(1);
        const [connection] = [...s["_connections"]];
        const timeouts: number[] = [];
        const close = connection!.close.bind(connection);
        connection!.close = (timeout) => {
            timeouts.push(timeout);
            return close(timeout);
        };
        const closed = s.close({ timeout: 9000 });
        refuse(new Error("refused"));
        await turns(3);
        expect(new Set(timeouts)).to.deep.equal(new Set([9000]));
        peer.destroy();
        await closed;
    });
});
