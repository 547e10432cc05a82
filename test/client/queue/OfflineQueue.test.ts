import { expect } from "chai";
import fc from "fast-check";
import { execFile } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { SockhopClient, SockhopServer } from "../../../src";
import { announced, client, placeOf, received, rejection, server } from "../../support/pair";
import { outcomes, turn, waiting } from "../../support/queues";

describe("OfflineQueue", () => {
    it("sends queued messages in order after connecting", async () => {
        const { s, c } = await waiting();
        const arrived = received(s, 6);
        const sent = [c.send(1), c.send("two")];
        const connecting = c.connect();
        sent.push(c.send({ three: 3 })); // in the tick of connect()
        await turn();
        expect(c.socket).to.be.instanceOf(net.Socket);
        sent.push(c.send(null)); // while connecting
        await connecting;
        sent.push(c.send(false), c.send([6]));
        expect(await arrived).to.deep.equal([1, "two", { three: 3 }, null, false, [6]]);
        expect(await Promise.all(sent)).to.deep.equal(Array(6).fill(undefined));
    });

    it("emits connect first, and sends queued messages after those of the connect handlers", async () => {
        const { s, c } = await waiting();
        const arrived = received(s, 4);
        void c.send("queued 1");
        void c.send("queued 2");
        c.on("connect", () => void c.send("hello from one handler"));
        c.on("connect", () => void c.send("hello from another"));
        const events: string[] = [];
        s.on("connect", () => events.push("connect"));
        s.on("receive", () => events.push("receive"));
        await c.connect();
        expect(await arrived).to.deep.equal(["hello from one handler", "hello from another", "queued 1", "queued 2"]);
        expect(events).to.deep.equal(["connect", "receive", "receive", "receive", "receive"]);
    });

    it("serializes values at the time of send()", async () => {
        const { s, c } = await waiting();
        const arrived = received(s, 2);
        const value = { n: 1, list: [1] };
        void c.send(value);
        value.n = 2;
        value.list.push(2);
        void c.send(value);
        value.n = 3;
        await c.connect();
        expect(await arrived).to.deep.equal([
            { n: 1, list: [1] },
            { n: 2, list: [1, 2] },
        ]);
    });

    it("rejects values at once that cannot be sent", async () => {
        const { c } = await waiting(true, { max_message_size: 200 });
        expect(await rejection(c.send(undefined))).to.have.property("code", "ERR_BAD_DATA");
        expect(await rejection(c.request(1n))).to.have.property("code", "ERR_BAD_DATA");
        expect(await rejection(c.send("x".repeat(300)))).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
        expect(() => c.send("x", "no function" as unknown as () => void))
            .to.throw()
            .with.property("code", "ERR_REMOTE_CALLBACK_TYPE");
        expect(await rejection(c.ask("x", { signal: AbortSignal.abort() }))).to.have.property("code", "ERR_ABORTED");
        expect(c.buffered).to.equal(0);
    });

    it("works with a JSON peer", async () => {
        const s = server({ peer_type: "json" });
        await s.listen();
        const c = client({ ...placeOf(s), peer_type: "json", queue: true });
        const arrived = received(s, 2);
        void c.send({ a: 1 });
        void c.send([2]);
        await c.connect();
        expect(await arrived).to.deep.equal([{ a: 1 }, [2]]);
    });

    it("keeps messages that are sent while reconnecting", async () => {
        const { s, c } = await waiting(true, { auto_reconnect_interval: 1 });
        const first = announced(s, 1);
        c.auto_reconnect = true;
        const [socket] = (await first) as [net.Socket];
        const gone = once(c, "disconnect");
        const arrived = received(s, 100);
        socket.destroy();
        await gone;
        const sent: Promise<unknown>[] = [];
        let n = 0;
        const again = once(c, "connect");
        while (!c.connected && n < 90) {
            sent.push(c.send(n++));
            await turn();
        }
        await again;
        while (n < 100) sent.push(c.send(n++));
        await Promise.all(sent);
        expect(await arrived).to.deep.equal(Array.from({ length: 100 }, (_, each) => each));
    });

    it("sends messages of a disconnect handler after reconnecting", async () => {
        const { s, c } = await waiting(true, { auto_reconnect_interval: 1 });
        const first = announced(s, 1);
        c.auto_reconnect = true;
        const [socket] = (await first) as [net.Socket];
        const arrived = received(s, 1);
        c.once("disconnect", () => void c.send("was cut off"));
        socket.destroy();
        expect(await arrived).to.deep.equal(["was cut off"]);
    });

    it("rejects a message at once without the option", async () => {
        const s = server();
        await s.listen();
        for (const options of [{}, { queue: false }, { queue: undefined }]) {
            const c = client({ ...placeOf(s), ...options });
            const failed: unknown[] = [];
            const promises = [
                c.send(1),
                c.send(2, () => undefined, { failed: ({ code }) => failed.push(code) }),
                c.ask(3) as Promise<unknown>,
            ];
            const settled = outcomes(promises);
            await turn();
            expect(settled).to.deep.equal(Array(3).fill("ERR_SOCKET_DESTROYED"));
            expect([failed, c.buffered]).to.deep.equal([["ERR_SOCKET_DESTROYED"], 0]);
        }
    });

    it("leaves no timer, and does not keep the process alive", async () => {
        const program = `
            const { client, server } = require("sockhop");
            const timers = () => process.getActiveResourcesInfo().join();
            const before = timers();
            const c = new client({ port: 1, queue: { max_age: 60_000 } });
            c.send("x", () => {}, { timeout: 60_000 }); c.request("x").catch(() => {});
            if (timers() !== before) console.log("held by", timers());
            c.disconnect().then(() => new client({ queue: { max_age: 60_000 } }).send("never"));`;
        const { stdout, stderr } = await promisify(execFile)(process.execPath, ["-e", program], {
            cwd: join(__dirname, "../../.."),
            timeout: 30_000,
        });
        expect([stdout, stderr]).to.deep.equal(["", ""]);
    });

    /**
     * The delivery guarantees. A resolved promise means that the system has accepted the bytes. The system delivers
     * them unless it is asked to discard them: if the connection was closed gracefully (by `disconnect()`), or is still
     * open, all resolved messages have arrived. If it was destroyed, some may be lost, but never in the middle: the messages
     * that arrive over one connection are the first ones sent over it. No message arrives twice or out of order over
     * all connections together. A message that was rejected before it left the queue does not arrive at all.
     */
    it("delivers in order, at most once, and everything sent before a graceful close", async () => {
        const steps = fc.array(
            fc.oneof(
                { weight: 6, arbitrary: fc.constant("send") },
                { weight: 1, arbitrary: fc.constantFrom("connect", "cut by the server", "cut here", "disconnect") },
                { weight: 3, arbitrary: fc.constant("a turn") },
            ),
            { maxLength: 60 },
        );
        await fc.assert(
            fc.asyncProperty(steps, fc.constantFrom(10, 5000), fc.boolean(), async (program, length, automatic) => {
                const s = new SockhopServer({ port: 0 });
                await s.listen();
                const arrived: number[] = [];
                s.on("receive", ([n]: [number]) => arrived.push(n));
                const c = new SockhopClient({
                    port: s.get_bound_port()!,
                    queue: { max_messages: 8 },
                    auto_reconnect: automatic,
                    auto_reconnect_interval: 1,
                });
                const sent: Promise<unknown>[] = [];
                let settled: unknown[] = [];
                /** The connection in use when each message was sent, and the way each connection closed. */
                const during: number[] = [];
                const cut = new Set<number>();
                let connection = 0;
                c.on("connect", () => (connection += 1));
                for (const step of program) {
                    if (step === "send") {
                        const promise = c.send([sent.length, "x".repeat(length)]);
                        const n = sent.push(promise) - 1;
                        promise.then(
                            () => {
                                settled[n] = "resolved";
                                during[n] = connection;
                            },
                            (error: unknown) => (settled[n] = (error as { code: string }).code),
                        );
                    } else if (step === "connect") c.connect().catch(() => undefined);
                    else if (step === "cut by the server") {
                        // Also connections that have closed here and are still being read by the server, and one that is connecting.
                        for (let n = 1; n <= connection + 1; n++) cut.add(n);
                        for (const { socket } of [...s["_connections"].values()]) socket.resetAndDestroy();
                    } else if (step === "cut here") {
                        cut.add(connection);
                        c.socket?.destroy();
                    } else if (step === "disconnect") {
                        const ended = c.disconnect();
                        if (automatic) c.auto_reconnect = true;
                        void ended;
                    } else await turn();
                }
                await c.disconnect();
                await s.close();
                await Promise.allSettled(sent);
                expect(arrived).to.deep.equal([...new Set(arrived)].sort((a, b) => a - b));
                settled = Array.from(settled);
                expect(settled).to.have.length(sent.length);
                const got = new Set(arrived);
                for (const [n, outcome] of settled.entries()) {
                    expect(outcome).to.be.oneOf(["resolved", "ERR_ABORTED", "ERR_QUEUE_FULL", "ERR_SOCKET_DESTROYED"]);
                    if (outcome === "resolved" && !cut.has(during[n]!))
                        expect(got.has(n), `message ${n}`).to.equal(true);
                    if (outcome === "ERR_ABORTED" || outcome === "ERR_QUEUE_FULL") expect(got.has(n)).to.equal(false);
                }
            }),
            { numRuns: 150 },
        );
    }).timeout(60_000);
});
