import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { type ClientOptions, type ServerAddress, type SockhopError, SockhopSession } from "../../src";
import { FrameTimeouts } from "../../src/connection/FrameTimeouts";
import { client, later, pair, placeOf, raw, rejection, server, socketPath } from "../support/pair";
import { uncaught, unhandled } from "../support/rejections";
import { frame, next, turns, until } from "../support/eventLoop";

/** A server that holds back clients which do not read, a client that calls 300 times, and its replies. */
async function holding(): Promise<{
    s: ReturnType<typeof server>;
    peer: net.Socket;
    handled: () => number;
    replies: () => number;
}> {
    const s = server({ path: socketPath(), max_buffered: 50_000 });
    let handled = 0;
    s.on("receive", (_, { callback }) => {
        handled += 1;
        callback?.("x".repeat(10_000));
    }).on("error", () => undefined);
    await s.listen();
    const peer = await raw(s);
    let text = "";
    peer.on("data", (chunk: Buffer) => (text += String(chunk))).pause();
    peer.write(Array.from({ length: 300 }, (_, n) => frame(n, { id: `${n}x` })).join(""));
    await until(() => handled > 5);
    return { s, peer, handled: () => handled, replies: () => text.split("\n").length - 1 };
}

describe("messages held back by a server", () => {
    it("are handled before a draining close", async () => {
        const { s, peer, replies } = await holding();
        peer.resume();
        await s.close({ drain: true });
        await until(() => peer.readableEnded);
        expect(replies()).to.equal(300);
    });

    it("receive a reply when the peer has closed its half", async () => {
        const { peer, replies } = await holding();
        peer.end();
        await turns(5);
        peer.resume();
        await until(() => replies() === 300);
    });

    it("are handled when the peer closes", async () => {
        const { s, peer, handled } = await holding();
        const gone = next(s, "disconnect");
        peer.destroy();
        await gone;
        expect(handled()).to.equal(300);
    });
});

describe("flush of a queue", () => {
    it("passes messages to the connection at once with wait, and keeps their order", async () => {
        const path = socketPath();
        const c = client({ path, queue: { max_messages: 400 }, max_buffered: 50_000 });
        c.on("receive", (_, { callback }) => {
            void c.send("before");
            callback?.("reply");
        });
        const sent = Array.from({ length: 400 }, () => c.send("x".repeat(2000)));
        const s = server({ path });
        const log: unknown[] = [];
        s.on("receive", (value) => log.push(value));
        s.on("connect", (socket) => void s.send(socket, "call", (reply) => log.push(reply)));
        await s.listen();
        await c.connect();
        sent.push(c.send("while it is sent"));
        await c.disconnect();
        await Promise.all(sent);
        await until(() => log.length >= 401);
        expect(log.filter((value) => String(value).startsWith("x"))).to.have.length(400);
        const rest = log.filter((value) => !String(value).startsWith("x"));
        expect(rest[0]).to.equal("while it is sent");
    });

    for (const [name, ofClient, ofServer] of [
        ["with the option queue", { queue: { max_messages: 2000, max_bytes: 2 ** 25 } }, {}],
        ["until the codec is known", { codec: "binary" }, { codec: "binary" }],
        ["while one of several servers is tried", { servers: true }, {}],
        ["until both ends have agreed to resume", { resume: true }, { resume: true }],
    ] as const) {
        it(`is awaited by flush(), and drain comes after it: ${name}`, async () => {
            const s = server(ofServer);
            let count = 0;
            s.on("receive", () => (count += 1));
            await s.listen();
            const place = "servers" in ofClient ? { servers: [placeOf(s) as ServerAddress] } : placeOf(s);
            const c = client({
                ...ofClient,
                ...place,
                slow_consumer: "drop",
                max_buffered: 64 * 1024,
            } as ClientOptions);
            const early: number[] = [];
            c.on("drain", () => c.buffered > 0 && early.push(c.buffered));
            const connected = c.connect();
            await turns(1);
            const sent = Array.from({ length: 2000 }, () => c.send("x".repeat(10_000)));
            await connected;
            await c.flush();
            expect([count, early]).to.deep.equal([2000, []]);
            await Promise.all(sent);
        });
    }

    it("settles flush() if the connection is lost meanwhile", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const c = client({ ...placeOf(s), codec: "binary", slow_consumer: "drop", max_buffered: 64 * 1024 });
        s.on("connect", (socket) => socket.pause());
        const connected = c.connect();
        await turns(1);
        const sent = Array.from({ length: 300 }, () =>
            c.send("x".repeat(100_000)).catch((error: unknown) => (error as SockhopError).code),
        );
        await connected;
        const flushed = rejection(c.flush());
        await once(c, "codec");
        await s.close({ timeout: 0 });
        expect(await flushed).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(await Promise.all(sent)).to.include("ERR_SOCKET_DESTROYED");
    });

    it("causes no unhandled rejection of ask() and request()", async () => {
        const seen = unhandled();
        const c = client({ path: socketPath(), queue: { max_messages: 1, overflow: "drop-newest" } });
        for (let n = 0; n < 3; n++) {
            void c.ask(n);
            void c.request(n);
        }
        await c.disconnect();
        await turns(5);
        expect(seen).to.deep.equal([]);
    });
});

describe("destroyed connection", () => {
    it("closes at once with a timeout of 0 after a longer one", async () => {
        const { s, c, socket } = await pair();
        c.socket!.pause();
        void s.send(socket, "x".repeat(20_000_000));
        const slowly = setInterval(() => void c.socket?.read(100_000), 10);
        later(() => clearInterval(slowly));
        const first = s.kill_socket(socket, { timeout: 50 });
        await turns(200);
        await s.kill_socket(socket, { timeout: 0 });
        await first;
    });

    it("has no further errors", async () => {
        const { s } = await pair({ frame_timeout: 20 });
        const codes: unknown[] = [];
        const second = await raw(s);
        await until(() => s.sockets.length === 2);
        s.on("error", ({ code }: Error & { code?: string }) => {
            codes.push(code);
            void s.disconnect();
        });
        second.write("{");
        await next(second.resume(), "close");
        await turns(20);
        expect(codes).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
    });

    it("delivers nothing after a frame that is too large", async () => {
        for (const cut of [10, 2000, 5000]) {
            const s = server({ path: socketPath(), max_message_size: 1000 });
            const values: unknown[] = [];
            const codes: unknown[] = [];
            s.on("receive", (value) => values.push(value));
            s.on("error", ({ code }: Error & { code?: string }) => codes.push(code));
            await s.listen();
            const peer = await raw(s);
            const text = `POST /${"a".repeat(3000)} HTTP/1.1\r\n\r\n{"type":"String","data":"do it"}\n`;
            const closed = next(peer.resume(), "close");
            peer.write(text.slice(0, cut));
            await turns(5);
            peer.write(text.slice(cut));
            await closed;
            expect([values, codes], String(cut)).to.deep.equal([[], ["ERR_MESSAGE_TOO_LARGE"]]);
        }
    });
});

describe("thrown value", () => {
    it("may be a revoked Proxy", async () => {
        const revoked = (): unknown => {
            const { proxy, revoke } = Proxy.revocable({}, {});
            revoke();
            return proxy;
        };
        class Refusing extends SockhopSession {
            override start(): void {
                throw revoked();
            }
        }
        const s = server({ path: socketPath(), session_type: Refusing });
        const errors: unknown[] = [];
        s.on("error", (error) => errors.push(error));
        await s.listen();
        await next((await raw(s)).resume(), "close");
        expect(errors).to.have.length(1);
    });

    it("is sent to the requester even if another connection causes it", async () => {
        const { s, c } = await pair();
        const other = await pair({}, { slow_consumer: "drop", max_buffered: 10 });
        other.socket.pause();
        void other.c.send("x".repeat(5_000_000)).catch(() => undefined);
        s.on("request", async () => {
            for (let n = 0; n < 5; n++) await other.c.send("more");
        });
        const surfaced = uncaught();
        expect(await rejection(c.ask(1, { timeout: 50_000 }))).to.have.property("code", "ERR_REQUEST_FAILED");
        await surfaced;
        await other.c.disconnect({ timeout: 0 });
    });
});

describe("response", () => {
    it("ended in toJSON() is not pending in a draining close", async () => {
        const { s, c } = await pair();
        s.on("request", (_, response) => {
            void response
                .write({
                    toJSON(): string {
                        void response.end();
                        return "part";
                    },
                })
                .catch(() => undefined);
        });
        await (await c.request(1)).all();
        await s.close({ drain: true, timeout: Infinity });
    });

    it("emits its end once to a listener that is added with the last part", async () => {
        const { s, c } = await pair();
        s.on("request", (_, response) => void response.send(1));
        const stream = await c.request(1);
        await until(() => stream.ended);
        let ends = 0;
        stream.on("data", () => {
            stream.on("end", () => (ends += 1));
        });
        await turns(5);
        expect(ends).to.equal(1);
    });
});

describe("last line of a json peer", () => {
    it("may follow a byte order mark", async () => {
        const s = server({ path: socketPath(), peer_type: "json" });
        const values: unknown[] = [];
        s.on("receive", (value) => values.push(value));
        await s.listen();
        const gone = next(s, "disconnect");
        (await raw(s)).end('\uFEFF{"a":1}');
        await gone;
        expect(values).to.deep.equal([{ a: 1 }]);
    });

    it("is delivered by a socket of the program, too", async () => {
        const path = socketPath();
        const listener = net.createServer((socket) => socket.end('{"a":1}'));
        await new Promise<void>((resolve) => listener.listen(path, resolve));
        later(() => listener.close());
        const c = client({ peer_type: "json" });
        const arrived = new Promise((resolve) => c.once("receive", resolve));
        c.socket = net.connect(path);
        expect(await arrived).to.deep.equal({ a: 1 });
    });
});

describe("timers", () => {
    it("started by a wrapper of setTimeout let the event loop poll its sockets first", async () => {
        const { s, c } = await pair();
        s.on("request", (_, response) => void response.send("answer"));
        const { setTimeout: before } = globalThis;
        globalThis.setTimeout = ((...args: Parameters<typeof before>) => before(...args)) as typeof before;
        later(() => (globalThis.setTimeout = before));
        const asked = c.ask(1, { timeout: 30 });
        await new Promise(setImmediate);
        await turns(1);
        for (const start = performance.now(); performance.now() - start < 60;); // the reply arrives meanwhile
        expect(await asked).to.equal("answer");
    });

    it("of a removed clock do not stop FrameTimeouts", async () => {
        const { setInterval: before } = globalThis;
        let looks = 0;
        const connections = {
            [Symbol.iterator](): Iterator<never> {
                looks += 1;
                return [][Symbol.iterator]();
            },
        };
        const watch = new FrameTimeouts(
            connections as never,
            20,
            () => undefined,
            () => undefined,
        );
        globalThis.setInterval = (() => 1) as never; // a clock that never advances
        watch.start();
        globalThis.setInterval = before;
        watch.start();
        await until(() => looks > 1);
        watch.stop();
    });
});

describe("ssl_options of the wrong type", () => {
    it("cause ERR_BAD_OPTION at both ends", async () => {
        const ssl_options = { key: 5 } as unknown as { key: string };
        expect(() => server({ ssl_options }))
            .to.throw()
            .with.property("code", "ERR_BAD_OPTION");
        expect((await rejection(client({ ssl_options }).connect())).code).to.equal("ERR_BAD_OPTION");
    });
});
