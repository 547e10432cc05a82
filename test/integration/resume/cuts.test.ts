import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import type { SockhopClient, SockhopServer } from "../../../src";
import { client, later, server, socketPath } from "../../support/pair";
import { RESUME, next, resumable } from "../../support/resume";

type Direction = "to the server" | "to the client";

/** Forwards one connection after the other. Cuts the first one behind a number of bytes of one direction. */
async function cuttingProxy(s: SockhopServer, direction: Direction, position: number): Promise<{ port: number }> {
    let isFirst = true;
    const proxy = net.createServer((near) => {
        const far = net.connect(s.get_bound_port()!, "127.0.0.1");
        let left = isFirst ? position : Infinity;
        isFirst = false;
        for (const socket of [near, far]) {
            later(() => socket.destroy());
            socket.on("error", () => undefined);
        }
        const destroy = (): void => {
            near.destroy();
            far.destroy();
        };
        near.on("close", destroy);
        far.on("close", destroy);
        const forward = (to: net.Socket, isCounted: boolean) => (chunk: Buffer) => {
            if (!isCounted) to.write(chunk);
            else if (chunk.length < left) {
                left -= chunk.length;
                to.write(chunk);
            } else if (left > 0) {
                to.write(chunk.subarray(0, left), destroy);
                left = 0;
            }
        };
        near.on("data", forward(far, direction === "to the server"));
        far.on("data", forward(near, direction === "to the client"));
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    later(() => proxy.close());
    return { port: (proxy.address() as net.AddressInfo).port };
}

describe("A cut", () => {
    for (const codec of ["json", "binary"] as const) {
        for (const direction of ["to the server", "to the client"] as const) {
            it(`loses and repeats nothing at any byte ${direction}, with the codec ${codec}`, async function () {
                this.timeout(60_000);
                let interruptions = 0;
                // Behind the greeting or its answer, which precede the agreement.
                for (let position = 400; position < 900; position += 11)
                    interruptions += await exchange(codec, direction, position);
                expect(interruptions).to.be.above(5);
            });
        }
    }

    async function exchange(codec: "json" | "binary", direction: Direction, position: number): Promise<number> {
        const s = server({ ...RESUME, codec });
        await s.listen();
        const c = client({
            ...RESUME,
            codec,
            auto_reconnect_interval: 1,
            ...(await cuttingProxy(s, direction, position)),
        });
        const values: Record<string, unknown[]> = { atServer: [], atClient: [] };
        const accepted = next(s, "connect");
        await c.connect();
        await accepted;
        await c.flush();
        s.on("receive", (value, { callback }) => {
            values["atServer"]!.push(value);
            callback?.(value);
        });
        c.on("receive", (value) => values["atClient"]!.push(value));
        s.handle("Number", async function* (count: number) {
            for (let n = 0; n < count; n++) yield await Promise.resolve(n);
        });
        const numbers = Array.from({ length: 12 }, (_, n) => n);
        const replies = Promise.all(numbers.map((n) => new Promise((resolve) => void c.send(n, resolve))));
        for (const n of numbers) void s.sessions[0]!.send(n);
        const packets: unknown[] = [];
        for await (const { data } of await c.request(5)) packets.push(data);
        expect(await replies, String(position)).to.deep.equal(numbers);
        await Promise.all([c.flush(), s.sessions[0]!.flush()]);
        expect(values, String(position)).to.deep.equal({ atServer: numbers, atClient: numbers });
        expect(packets.slice(0, 5), String(position)).to.deep.equal([0, 1, 2, 3, 4]);
        const { interruptions } = c.stats;
        await Promise.all([c.disconnect(), s.close()]);
        return interruptions;
    }

    it("delivers a frame that is larger than the window, and messages that wait for it", async () => {
        const { s, c } = await resumable({ ...RESUME, resume: { max_bytes: 1000, max_messages: 3 } });
        const values: string[] = [];
        const all = new Promise<void>((resolve) => {
            s.on("receive", (value: string) => {
                values.push(value);
                if (values.length === 10) resolve();
            });
        });
        const sent = Array.from({ length: 10 }, (_, n) => String(n).repeat(n === 4 ? 200_000 : 100));
        for (const text of sent) void c.send(text);
        await new Promise(setImmediate);

        c.socket!.destroy();
        await all;
        expect(values).to.deep.equal(sent);
        await c.flush();
        expect(c.stats).to.include({ unacknowledged: 0, kept: 0, buffered: 0 });
    });

    it("reads acknowledgements while more than max_buffered waits for them", async () => {
        const { s, c } = await resumable({ ...RESUME, resume: { max_bytes: 1000 }, max_buffered: 2000 });
        const text = "x".repeat(900);
        const values: unknown[] = [];
        c.on("receive", (value) => values.push(value));
        const received = next(s, "receive");
        void c.send("from the client");
        for (let n = 0; n < 10; n++) void s.sessions[0]!.send(text.repeat(3));
        await received;
        await s.sessions[0]!.flush();
        expect(values).to.have.length(10);
    });

    it("sends what a loop over messages() awaits, while that loop holds reading and so acknowledgements", async () => {
        const { s, c } = await resumable({ ...RESUME, resume: { max_bytes: 1000 } });
        const answered = new Promise<void>((resolve) => {
            let count = 0;
            c.on("receive", () => {
                count += 1;
                if (count === 300) resolve();
            });
        });
        const replied = (async () => {
            let count = 0;
            for await (const { session } of s.messages()) {
                await session.send("x".repeat(900));
                count += 1;
                if (count === 300) return;
            }
        })();
        for (let n = 0; n < 300; n++) void c.send(n);
        await Promise.all([replied, answered]);
        expect(s.stats.connections).to.equal(1);
    });

    it("settles the promise of a message once the system has it, on any socket", async () => {
        const { s, c } = await resumable();
        const interrupted = next(c, "interrupted");
        c.socket!.destroy();
        await interrupted;
        let hasSettled = false;
        const sent = c.send("x").then(() => (hasSettled = true));
        await new Promise(setImmediate);
        expect(hasSettled).to.equal(false);
        await sent;
        expect(c.stats.interruptions).to.equal(1);
        expect(s.stats.connections).to.equal(1);
    });

    it("keeps the order of what the handlers of its events send", async () => {
        const { s, c } = await resumable();
        const values: unknown[] = [];
        s.on("receive", (value) => values.push(value));
        c.on("interrupted", () => void c.send("interrupted"));
        c.on("resumed", () => void c.send("resumed"));
        void c.send("before");
        c.socket!.destroy();
        void c.send("after");
        await next(c, "resumed");
        await c.flush();
        expect(values).to.deep.equal(["before", "after", "interrupted", "resumed"]);
    });

    for (const event of ["interrupted", "resumed"] as const) {
        for (const [name, end] of Object.entries({
            "the client disconnects": (_s: SockhopServer, c: SockhopClient) => c.disconnect(),
            "the client destroys its socket": (_s: SockhopServer, c: SockhopClient) => c.socket?.destroy(),
            "the server closes": (s: SockhopServer) => s.close(),
        })) {
            it(`settles everything if ${name} in a handler of ${event}`, async () => {
                const { s, c } = await resumable({ ...RESUME, resume: { timeout: 200 } });
                for (const each of [s, c]) each.once(event, () => void end(s, c));
                const replied = new Promise((resolve) => {
                    void c.send("call", resolve, { failed: resolve }).catch(() => undefined);
                });
                s.on("receive", (_value, { callback }) => callback?.("reply"));
                c.socket!.destroy();
                await replied;
                await c.disconnect();
                await s.close();
                expect(c.connected).to.equal(false);
                expect(s.sockets).to.deep.equal([]);
            });
        }
    }
});

describe("flush()", () => {
    it("resolves when the peer has received all, at both ends, also over a cut", async () => {
        const { s, c } = await resumable();
        const values: unknown[] = [];
        s.on("receive", (value) => values.push(value));
        c.on("receive", (value) => values.push(value));
        for (let n = 0; n < 100; n++) void c.send(n);
        c.socket!.destroy();
        await c.flush();
        expect(values).to.have.length(100);
        void s.sessions[0]!.send("last");
        await s.sessions[0]!.flush();
        expect(values.at(-1)).to.equal("last");
        expect(s.stats.unacknowledged).to.equal(0);
    });

    it("resolves after a round trip of a ping without resume, and does not change the pings", async () => {
        const { s, c } = await resumable({});
        expect(c.resumable).to.equal(false);
        const values: unknown[] = [];
        s.on("receive", (value) => values.push(value));
        for (let n = 0; n < 100; n++) void c.send(n);
        await c.flush();
        expect(values).to.have.length(100);
        expect(c.pings).to.deep.equal([]);
        await s.sessions[0]!.flush();
    });

    it("rejects without a connection, and when it closes", async () => {
        const c = client();
        const code = (promise: Promise<void>): Promise<unknown> =>
            promise.then(String, (error: unknown) => (error as { code: string }).code);
        expect(await code(c.flush())).to.equal("ERR_SOCKET_DESTROYED");
        const absent = client({ path: socketPath() });
        const attempt = absent.connect();
        expect(await code(absent.flush())).to.equal("ERR_SOCKET_DESTROYED");
        expect(await code(attempt.then(() => undefined))).to.equal("ENOENT");
        for (const options of [{}, RESUME]) {
            const { s, c: connected } = await resumable(options);
            connected.socket!.pause();
            s.sockets[0]!.pause();
            void connected.send("x");
            const flushed = code(connected.flush());
            void connected.disconnect({ timeout: 0 });
            expect(await flushed).to.equal("ERR_SOCKET_DESTROYED");
        }
    });

    it("is refused with json peers", async () => {
        const s = server({ peer_type: "json" });
        await s.listen();
        const c = client({ peer_type: "json", port: s.get_bound_port()! });
        await c.connect();
        const error = await c.flush().then(
            () => undefined,
            (thrown: unknown) => thrown,
        );
        expect(error).to.have.property("code", "ERR_REQUEST_TYPE");
    });
});
