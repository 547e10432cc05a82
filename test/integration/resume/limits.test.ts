import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { SockhopSession } from "../../../src";
import { client, later, rejection, server } from "../../support/pair";
import { RESUME, RawClient, cut, cutOff, next, reasonOfEnd, resumable } from "../../support/resume";

describe("The option queue with resume", () => {
    it("keeps what is sent during an interruption, and sends it after what is sent again", async () => {
        const { s, c } = await resumable(RESUME, { ...RESUME, queue: true });
        const values: unknown[] = [];
        s.on("receive", (value, { callback }) => {
            values.push(value);
            callback?.(`reply to ${String(value)}`);
        });
        void c.send("before");
        c.socket!.destroy();
        await next(c, "interrupted");
        expect(c.stats.unacknowledged).to.be.at.most(1);
        void c.send("meanwhile");
        const reply = new Promise((resolve) => void c.send("call", resolve));
        expect(c.buffered).to.be.above(0);
        c.once("resumed", () => void c.send("in a handler"));
        await c.flush();
        expect(values).to.deep.equal(["before", "meanwhile", "call", "in a handler"]);
        expect(await reply).to.equal("reply to call");
        await cut(s, c);
        void c.send("later");
        await c.flush();
        expect(values.at(-1)).to.equal("later");
    });

    it("sends what was sent during an interruption over the next connection, if this one is not resumed", async () => {
        const first = server(RESUME);
        await first.listen();
        const port = first.get_bound_port()!;
        const c = client({ ...RESUME, port, auto_reconnect: true, queue: true });
        await once(c, "connect");
        await c.flush();
        const interrupted = next(c, "interrupted");
        const ended = reasonOfEnd(c);
        await cutOff(first);
        await interrupted;
        const sent = [c.send("first"), c.send("second")];
        const reply = new Promise((resolve) => void c.send("call", resolve));
        await first.close();
        const second = server({ ...RESUME, port });
        const values: unknown[] = [];
        second.on("receive", (value, { callback }) => {
            values.push(value);
            callback?.("reply");
        });
        await second.listen();
        const { code, error } = await ended;
        expect(code).to.equal("NOT_RESUMED");
        expect(error).to.have.property("unacknowledged", 0);
        await Promise.all(sent);
        void c.send("third");
        await c.flush();
        expect(values).to.deep.equal(["first", "second", "call", "third"]);
        expect(await reply).to.equal("reply");
    });

    it("is sent by a graceful close, if the connection is resumed within its time", async () => {
        const { s, c } = await resumable(RESUME, { ...RESUME, queue: true });
        const values: unknown[] = [];
        s.on("receive", (value) => values.push(value));
        c.socket!.destroy();
        await next(c, "interrupted");
        for (let n = 0; n < 3; n++) void c.send(n);
        await c.disconnect();
        expect(values).to.deep.equal([0, 1, 2]);
    });

    it("is rejected by a close at once", async () => {
        const { s, c } = await resumable(RESUME, { ...RESUME, queue: true });
        const interrupted = next(c, "interrupted");
        await cutOff(s);
        await interrupted;
        const lost = rejection(c.send("lost"));
        await c.disconnect({ timeout: 0 });
        expect(await lost).to.have.property("code", "ERR_ABORTED");
    });
});

describe("An interrupted connection", () => {
    it("ends after the timeout even if it is resumed again and again, when a frame does not get through", async () => {
        const s = server({ ...RESUME, resume: { timeout: 300 } });
        await s.listen();
        const proxy = net.createServer((near) => {
            const far = net.connect(s.get_bound_port()!, "127.0.0.1");
            let left = 20_000;
            for (const socket of [near, far]) {
                later(() => socket.destroy());
                socket.on("error", () => undefined);
                socket.on("close", () => [near, far].map((each) => each.destroy()));
            }
            far.pipe(near);
            near.on("data", (chunk: Buffer) => {
                left -= chunk.length;
                if (left > 0) far.write(chunk);
                else near.destroy();
            });
        });
        proxy.listen(0, "127.0.0.1");
        await once(proxy, "listening");
        later(() => proxy.close());
        const { port } = proxy.address() as net.AddressInfo;
        const c = client({ ...RESUME, port, auto_reconnect_interval: 1 });
        await c.connect();
        await c.flush();
        const ended = reasonOfEnd(c);
        let count = 0;
        c.on("resumed", () => (count += 1));
        void c.send("x".repeat(100_000));
        const lost = rejection(c.flush());
        const { code, error } = await ended;
        expect(code).to.equal("NOT_RESUMED");
        expect(error).to.have.property("unacknowledged", 1);
        expect(count).to.be.above(1);
        expect(await lost).to.have.property("unacknowledged", 1);
    });

    it("stays for its client when a stranger with its token is refused", async () => {
        const strangers = new Set<number | undefined>();
        class Session extends SockhopSession {
            override resume(socket: net.Socket): boolean {
                return !strangers.has(socket.remotePort);
            }
        }
        const s = server({ ...RESUME, session_type: Session });
        await s.listen();
        const accepted = next(s, "connect");
        const peer = await RawClient.connect(s);
        peer.greet({ timeout: 30_000 });
        const { token } = (await peer.answer())!;
        await accepted;
        void s.sessions[0]!.send("for the client");
        peer.socket.destroy();
        await next(s, "interrupted");
        const thief = await RawClient.connect(s);
        strangers.add(thief.socket.localPort);
        thief.greet({ timeout: 30_000, token, received: 0, sent: 0 });
        expect(await thief.answer()).to.not.have.property("received");
        const again = await RawClient.connect(s);
        again.greet({ timeout: 30_000, token, received: 0, sent: 0 });
        expect(await again.answer()).to.have.property("received", 0);
        expect(await again.values(1)).to.deep.equal(["for the client"]);
    });
});
