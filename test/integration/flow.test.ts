import { expect } from "chai";
import { AsyncLocalStorage } from "node:async_hooks";
import net from "node:net";
import type { SockhopClient, SockhopServer } from "../../src";
import { client, later, pair, raw, rawServer, rejection, server, socketPath, warnings } from "../support/pair";
import { used } from "../support/memory";
import { frame, next, turns, until } from "../support/eventLoop";

/** A server and a client, and between them a line that passes on so many bytes per second in each direction. */
async function slowPair(
    rate: number,
    options: object = {},
): Promise<{ s: SockhopServer; c: SockhopClient; socket: net.Socket; stop: () => void }> {
    const s = server(options);
    await s.listen();
    let stopped = false;
    const pass = (from: net.Socket, to: net.Socket): void => {
        from.on("data", (chunk: Buffer) => {
            if (stopped) return;
            to.write(chunk);
            from.pause();
            setTimeout(() => !stopped && from.resume(), (1000 * chunk.length) / rate);
        });
        from.on("error", () => to.destroy()).on("close", () => to.destroy());
    };
    const line = net.createServer((near) => {
        const far = net.connect(s.get_bound_port()!, "127.0.0.1");
        pass(near, far);
        pass(far, near);
        later(() => {
            near.destroy();
            far.destroy();
        });
    });
    line.listen(0, "127.0.0.1");
    await next(line, "listening");
    later(() => line.close());
    const c = client({ ...options, port: (line.address() as net.AddressInfo).port });
    const connected = new Promise<net.Socket>((resolve) => s.once("connect", resolve));
    await c.connect();
    return { s, c, socket: await connected, stop: () => (stopped = true) };
}

const MIB = 2 ** 20;
const big = "x".repeat(12 * MIB); // more than the buffers of the systems take

describe("bytes that flow", () => {
    for (const from of ["client", "server"] as const) {
        it(`are a sign of life while one message takes longer than four pings: from the ${from}`, async () => {
            const { s, c, socket } = await slowPair(16 * MIB);
            const [sender, receiver] = from === "client" ? [c, s] : [s, c];
            let cut = false;
            c.once("disconnect", () => (cut = true));
            sender.ping(100);
            const arrived = next(receiver, "receive");
            if (from === "client") void c.send(big);
            else void s.send(socket, big);
            await arrived;
            expect(cut).to.equal(false);
        });

        it(`go on beyond the timeout of a graceful close: from the ${from}`, async () => {
            const { s, c, socket } = await slowPair(16 * MIB);
            const arrived = next(from === "client" ? s : c, "receive");
            if (from === "client") {
                void c.send(big);
                await c.disconnect({ timeout: 200 });
            } else {
                void s.send(socket, big);
                await s.kill_socket(socket, { timeout: 200 });
            }
            await arrived;
        });
    }

    it("of an answer that is waited for go on beyond the timeout of a draining close", async () => {
        const { s, c } = await slowPair(16 * MIB);
        s.on("request", (_, response) => void response.send(big));
        const answer = c.ask(1);
        await until(() => s.stats.messages_received === 1);
        await Promise.all([s.close({ drain: true, timeout: 200 }), answer]);
        expect(await answer).to.have.length(big.length);
    });

    it("of a request or its answer go on beyond the timeout of the request", async () => {
        const { s, c } = await slowPair(16 * MIB);
        s.on("request", ({ data }, response) => void response.send((data as string).length));
        expect(await c.ask(big, { timeout: 300 })).to.equal(big.length);
        s.removeAllListeners("request").on("request", (_, response) => void response.send(big));
        expect(await c.ask("small", { timeout: 300 })).to.have.length(big.length);
        const length = await new Promise((resolve, reject) => {
            s.on("receive", (value, { callback }) => callback?.((value as string).length));
            void c.send(big, resolve, { timeout: 300, failed: reject });
        });
        expect(length).to.equal(big.length);
    });

    it("are no excuse for an answer that does not come, nor for a line that stands still", async () => {
        const { s, c, stop } = await slowPair(16 * MIB);
        s.on("request", () => undefined); // never answers
        const start = performance.now();
        void s.sendall(big);
        expect(await rejection(c.ask(1, { timeout: 100 }))).to.have.property("code", "ERR_RESPONSE_TIMEOUT");
        stop();
        const sent = c.ask(big, { timeout: 100 });
        expect(await rejection(sent)).to.have.property("code", "ERR_RESPONSE_TIMEOUT");
        expect(performance.now() - start).to.be.below(9000);
        await c.disconnect({ timeout: 100 });
    });

    it("let a frame take longer than frame_timeout while it grows", async () => {
        const { s, c } = await slowPair(16 * MIB, { frame_timeout: 400 });
        let cut = false;
        c.once("disconnect", () => (cut = true));
        const arrived = next(s, "receive");
        void c.send(big);
        await arrived;
        expect(cut).to.equal(false);
    });

    it("do not come from a peer that is dead although the system takes what is sent", async () => {
        const { port } = await rawServer((socket) => socket.pause());
        const c = client({ port });
        await c.connect();
        c.ping(30);
        const gone = next(c, "disconnect");
        const flood = setInterval(() => void c.send("x".repeat(10_000)), 10);
        later(() => clearInterval(flood));
        await gone;
    });

    it("cannot come where the program has paused its own socket: that connection is dropped, and a warning says why", async () => {
        const heard = warnings();
        const { c } = await pair();
        c.socket!.pause();
        const gone = next(c, "disconnect");
        c.ping(10);
        await gone;
        await turns(2);
        expect(heard.map(({ message }) => message)).to.deep.equal([
            "ping() drops a connection whose socket is paused: pongs cannot be read. Resume it, or stop pings",
        ]);
    });
});

describe("a pause", () => {
    it("of the program outlasts one of the library", async () => {
        const s = server({ path: socketPath(), max_buffered: 1000 });
        const values: unknown[] = [];
        s.on("receive", (value, { socket, callback }) => {
            values.push(value);
            callback?.("y".repeat(1500));
            if (value === 3) socket.pause();
        });
        await s.listen();
        const peer = await raw(s);
        let text = "";
        peer.on("data", (chunk: Buffer) => (text += String(chunk)));
        for (let n = 1; n <= 5; n++) {
            peer.write(frame(n, { id: `${n}x` }));
            if (n <= 3) await until(() => text.split("\n").length === n + 1);
        }
        await turns(50);
        expect(values).to.deep.equal([1, 2, 3]);
        s.sockets[0]!.resume();
        await until(() => values.length === 5);
    });

    it("of the library ends when there is room again, and handles all in order", async () => {
        const s = server({ path: socketPath(), max_buffered: 50_000 });
        const values: unknown[] = [];
        s.on("receive", (value, { callback }) => {
            values.push(value);
            callback?.("y".repeat(10_000));
        });
        await s.listen();
        const peer = await raw(s);
        peer.write(Array.from({ length: 200 }, (_, n) => frame(n, { id: `${n}x` })).join(""));
        peer.pause();
        await until(() => values.length > 5);
        await turns(50);
        expect(values).to.have.length.below(100); // one chunk has all the calls
        let text = "";
        peer.on("data", (chunk: Buffer) => (text += String(chunk))).resume();
        await until(() => text.split("\n").length === 201);
        expect(values).to.deep.equal(Array.from({ length: 200 }, (_, n) => n));
        expect(
            text
                .trim()
                .split("\n")
                .map((line) => (JSON.parse(line) as { callback_id: string }).callback_id),
        ).to.deep.equal(Array.from({ length: 200 }, (_, n) => `${n}x`));
    });
});

describe("answers to a peer that does not read", () => {
    for (const end of ["client", "server"] as const) {
        for (const when of ["at once", "later"] as const) {
            for (const kind of ["callbacks", "requests"] as const) {
                it(`are bounded: ${kind} that a ${end} answers ${when}`, async () => {
                    const calls = Array.from({ length: 2000 }, (_, n) =>
                        kind === "callbacks"
                            ? frame(n, { id: `${n}x` })
                            : frame({ uuid: `${n}x`, data: n, type: "Number" }, { type: "SockhopRequest" }),
                    ).join("");
                    const options = { max_buffered: 100_000 };
                    const errors: unknown[] = [];
                    const answer = (reply: () => void): void => {
                        if (when === "at once") reply();
                        else setTimeout(reply, 20);
                    };
                    const listen = (to: SockhopClient | SockhopServer): void => {
                        to.on("receive", (_: unknown, { callback }: { callback?: (value: string) => void }) => {
                            answer(() => callback?.("x".repeat(10_000)));
                        });
                        to.on("request", (_: unknown, response: { send: (value: string) => Promise<void> }) => {
                            answer(() => void response.send("x".repeat(10_000)));
                        });
                        to.on("error", ({ code }: { code?: string }) => errors.push(code));
                    };
                    let most = 0;
                    let buffered = (): number => 0;
                    if (end === "client") {
                        const { port } = await rawServer((socket) => socket.pause().write(calls));
                        const c = client({ port, ...options });
                        listen(c);
                        await c.connect();
                        buffered = () => c.buffered;
                    } else {
                        const s = server({ ...options });
                        listen(s);
                        await s.listen();
                        (await raw(s)).pause().write(calls);
                        buffered = () => s.stats.buffered;
                    }
                    const start = performance.now();
                    while (performance.now() - start < 150) {
                        most = Math.max(most, buffered());
                        await turns(1);
                    }
                    expect(most).to.be.below(9 * options.max_buffered);
                    // It waits for the peer to read, or the connection has ended and both ends know.
                    if (buffered() < options.max_buffered) expect(errors).to.deep.equal(["ERR_BUFFER_FULL"]);
                });
            }
        }
    }
});

describe("the queue of a client with a slow_consumer policy", () => {
    for (const slow_consumer of ["drop", "disconnect"] as const) {
        it(`goes out whole and in order, and what is sent meanwhile behind it: ${slow_consumer}`, async () => {
            const path = socketPath();
            const c = client({ path, queue: true, slow_consumer, max_buffered: 100_000 });
            let connections = 0;
            c.on("connect", () => (connections += 1));
            const sent = Array.from({ length: 200 }, (_, n) => c.send({ n, filling: "x".repeat(8000) }));
            const s = server({ path });
            const values: number[] = [];
            s.on("receive", ({ n }: { n: number }) => values.push(n));
            await s.listen();
            await c.connect();
            sent.push(c.send({ n: 200 }));
            await Promise.all(sent);
            await until(() => values.length === 201);
            expect(values).to.deep.equal(Array.from({ length: 201 }, (_, n) => n));
            expect(connections).to.equal(1);
        });
    }
});

describe("the asynchronous context of a call", () => {
    const context = new AsyncLocalStorage<string>();

    it("is that of its callback, its failed, and the events of its stream", async () => {
        const { s, c } = await pair();
        s.on("receive", (value, { callback }) => {
            if (value === "reply") callback?.(1);
        });
        s.on("request", async (_, response) => {
            await response.write(1);
            await turns(3);
            await response.send(2);
        });
        const seen: string[] = [];
        const note = (what: string) => (): unknown => seen.push(`${what} ${context.getStore()}`);
        const signal = new AbortController();
        await Promise.all(
            ["Alice", "Bob"].map((user) =>
                context.run(user, async () => {
                    const stream = await c.request(1);
                    stream.on("data", note(`data ${user}`)).on("end", note(`end ${user}`));
                    void c.send("reply", note(`reply ${user}`));
                    void c.send("none", () => undefined, { timeout: 20, failed: note(`timeout ${user}`) });
                    void c.send("none", () => undefined, { signal: signal.signal, failed: note(`abort ${user}`) });
                    void c.send("none", () => undefined, { failed: note(`closed ${user}`) });
                }),
            ),
        );
        await until(() => seen.length === 10);
        signal.abort();
        await c.disconnect();
        expect(seen).to.have.length(14);
        for (const each of seen) {
            const [, user, store] = each.split(" ");
            expect(store, each).to.equal(user);
        }
    });
});

describe("a signal", () => {
    /** As those of packages: no EventTarget of Node. */
    class Signal {
        aborted = false;
        reason: unknown;
        readonly listeners = new Set<() => void>();
        addEventListener(_type: string, listener: () => void): void {
            this.listeners.add(listener);
        }
        removeEventListener(_type: string, listener: () => void): void {
            this.listeners.delete(listener);
        }
        abort(): void {
            this.aborted = true;
            for (const listener of [...this.listeners]) listener();
        }
    }

    it("may be of any make", async () => {
        const { s, c } = await pair();
        const signal = new Signal();
        const given = { signal: signal as unknown as AbortSignal };
        s.on("request", ({ data }, response) => {
            if (data === "answer") void response.send("answer");
        });
        expect(await c.ask("answer", given)).to.equal("answer");
        expect(signal.listeners.size).to.equal(0);
        const failed = new Promise((resolve) => void c.send(1, () => undefined, { ...given, failed: resolve }));
        const asked = c.ask("never", given);
        const stream = await c.request("never", given);
        expect(signal.listeners.size).to.equal(1);
        signal.abort();
        expect(await failed).to.have.property("code", "ERR_ABORTED");
        expect((await rejection(asked)).code).to.equal("ERR_ABORTED");
        expect((await rejection(stream.next())).code).to.equal("ERR_ABORTED");
        expect(signal.listeners.size).to.equal(0);
        expect((await rejection(c.ask(1, given))).code).to.equal("ERR_ABORTED");
    });

    it("that is none is refused", async () => {
        const { c } = await pair();
        for (const signal of [5, "x", {}, () => undefined, { aborted: false }]) {
            const given = { signal: signal as unknown as AbortSignal };
            expect((await rejection(c.ask(1, given))).code).to.equal("ERR_BAD_OPTION");
            expect((await rejection(c.request(1, given))).code).to.equal("ERR_BAD_OPTION");
            expect((await rejection(c.send(1, () => undefined, given))).code).to.equal("ERR_BAD_OPTION");
        }
    });

    it("that many calls share costs each the same", async () => {
        const { s, c } = await pair();
        s.on("request", (_, response) => void response.send(1));
        const time = async (count: number): Promise<number> => {
            const { signal } = new AbortController();
            const start = process.cpuUsage();
            await Promise.all(Array.from({ length: count }, () => c.ask(1, { signal })));
            const { user } = process.cpuUsage(start);
            return user / count;
        };
        await time(5000);
        const few = await time(2000);
        expect(await time(40_000)).to.be.below(5 * few + 20); // Node alone: 20 times
    });
});

describe("time limits that differ", () => {
    it("leave nothing behind when their calls are answered", async () => {
        const { s, c } = await pair();
        s.on("request", (_, response) => void response.send(1));
        let timeout = 3_600_000;
        const round = async (step: number): Promise<number> => {
            const before = used();
            for (let n = 0; n < 20; n++) {
                await Promise.all(Array.from({ length: 100 }, () => c.ask(1, { timeout: (timeout -= step) })));
            }
            return used() - before;
        };
        await round(0);
        const same = await round(0);
        expect(await round(0.37)).to.be.below(Math.max(0, same) + MIB / 4);
    });
});
