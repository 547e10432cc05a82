import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import fc from "fast-check";
import { once } from "node:events";
import net from "node:net";
import {
    type ClientOptions,
    ObjectBuffer,
    type ServerOptions,
    SockhopClient,
    SockhopError,
    type SockhopResponsePacket,
    SockhopServer,
    SockhopSession,
    type SockhopResponseWriteableStream as Response,
} from "../../src";
import type { Connection } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import { identity } from "../support/certificates";
import {
    client,
    later,
    pair,
    placeOf,
    raw,
    rawServer,
    received,
    rejection,
    server,
    socketPath,
    uncaught,
    warnings,
} from "../support/pair";
import { frame, turns, until } from "../support/eventLoop";

type Coded = Error & { code?: string };

/** Bytes of a message around a string. */
const AROUND = frame("").length - 1;

/** A string whose message has so many bytes. */
function stringOf(size: number): string {
    return "x".repeat(size - AROUND);
}

/** Frames of the requests that a sockhop would send. */
function request(uuid: string, data: unknown = "q"): string {
    return JSON.stringify({ type: "SockhopRequest", data: { uuid, data, type: "String", errors: true } }) + "\n";
}

/** The arguments of the next error event. (`once` from node:events would reject with it.) */
async function reported(end: SockhopClient | SockhopServer): Promise<[error: Coded, ...unknown[]]> {
    return new Promise((resolve) => {
        end.once("error", (...args: unknown[]) => resolve(args as [Coded, ...unknown[]]));
    });
}

/** All error events from now on. */
function errorsOf(end: SockhopClient | SockhopServer): unknown[][] {
    const errors: unknown[][] = [];
    end.on("error", (...args: unknown[]) => errors.push([(args[0] as Coded).code, ...args.slice(1)]));
    return errors;
}

/** All values that an end receives from now on. */
function valuesOf(end: SockhopClient | SockhopServer): unknown[] {
    const values: unknown[] = [];
    end.on("receive", (value: unknown) => values.push(value));
    return values;
}

/** The frames that a plain socket gets from now on. Reading begins at once. */
function framesOf(socket: net.Socket): Record<string, unknown>[] {
    const buffer = new ObjectBuffer();
    const frames: Record<string, unknown>[] = [];
    socket.on("data", (chunk) => frames.push(...(buffer.buf2obj(chunk) as Record<string, unknown>[])));
    return frames;
}

/** The arguments of the next `disconnect`, also when an error comes before it. */
async function parted(end: SockhopClient | SockhopServer): Promise<unknown[]> {
    return new Promise((resolve) => end.once("disconnect", (...args: unknown[]) => resolve(args)));
}

/** Waits for the end of a connection, whatever it is ended by. */
async function closed(socket: net.Socket): Promise<void> {
    if (!socket.closed) await new Promise((resolve) => socket.resume().once("close", resolve));
}

describe("max_message_size", () => {
    const LIMIT = 1000;
    const limited = { max_message_size: LIMIT };

    /** A server and a client, one of which sends while only that one has a limit. */
    async function sender(
        which: "client" | "server",
    ): Promise<{ send: (value: unknown) => Promise<unknown>; values: unknown[] }> {
        const { s, c, socket } = await (which === "client" ? pair({}, limited) : pair(limited, {}));
        return which === "client"
            ? { send: (value) => c.send(value), values: valuesOf(s) }
            : { send: (value) => s.send(socket, value), values: valuesOf(c) };
    }

    for (const which of ["client", "server"] as const) {
        it(`a ${which} sends up to the limit, and refuses one byte more with both sizes`, async () => {
            const { send, values } = await sender(which);
            await send(stringOf(LIMIT));
            const error = await rejection(send(stringOf(LIMIT + 1)));
            expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_MESSAGE_TOO_LARGE");
            expect(error.message)
                .to.include(String(LIMIT + 1))
                .and.match(new RegExp(`\\b${LIMIT}\\b`));
            await send("last");
            await until(() => values.at(-1) === "last");
            expect(values).to.deep.equal([stringOf(LIMIT), "last"]);
        });

        it(`a ${which} counts bytes, not characters`, async () => {
            const { send, values } = await sender(which);
            const room = LIMIT - AROUND;
            for (const [text, bytes] of [
                ["é", 2],
                ["→", 3],
                ["😀", 4],
            ] as const) {
                const fits = text.repeat(Math.floor(room / bytes)) + "x".repeat(room % bytes);
                await send(fits);
                await until(() => values.at(-1) === fits);
                expect(await rejection(send(fits + "x"))).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
            }
        });

        it(`a ${which} goes by it for questions and requests, too`, async () => {
            const { s, c, socket } = await (which === "client" ? pair({}, limited) : pair(limited, {}));
            const large = "x".repeat(LIMIT);
            const failures: Coded[] = [];
            const options = { failed: (error: Coded) => failures.push(error) };
            const [asking, requesting] =
                which === "client"
                    ? [c.send(large, () => undefined, options), c.request(large)]
                    : [s.send(socket, large, () => undefined, options), s.request(socket, large)];
            expect(await rejection(asking)).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
            expect(await rejection(requesting)).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
            expect(failures.map(({ code }) => code)).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
            expect(
                [...s["_connections"].values(), ...c["_connections"].values()].map(({ pending }) => pending),
            ).to.deep.equal([0, 0]);
        });
    }

    it("sendall() rejects, and nobody gets anything", async () => {
        const { s, c } = await pair(limited, {});
        const values = valuesOf(c);
        expect(await rejection(s.sendall("x".repeat(LIMIT)))).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
        await s.sendall("next");
        await until(() => values.length > 0);
        expect(values).to.deep.equal(["next"]);
    });

    it("holds for json peers, without an envelope", async () => {
        const { c } = await pair({ peer_type: "json" }, { ...limited, peer_type: "json" });
        await c.send({ a: "x".repeat(LIMIT - 8) });
        expect(await rejection(c.send({ a: "x".repeat(LIMIT - 7) }))).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
    });

    it("an answer that is too large is refused at the responder, who can answer otherwise", async () => {
        const { s, c } = await pair(limited);
        const large = "x".repeat(LIMIT);
        const refused: (string | undefined)[] = [];
        s.on("receive", (_, { callback }) => {
            expect(() => callback!(large))
                .to.throw(SockhopError)
                .with.property("code", "ERR_MESSAGE_TOO_LARGE");
            callback!("small");
        });
        s.on("request", async (_, response) => {
            refused.push((await rejection(response.write(large))).code, (await rejection(response.send(large))).code);
            await response.send("small");
        });
        expect(await new Promise((resolve) => void c.send("q", resolve))).to.equal("small");
        expect(await c.ask("q")).to.equal("small");
        expect(refused).to.deep.equal(["ERR_MESSAGE_TOO_LARGE", "ERR_MESSAGE_TOO_LARGE"]);
    });

    it("a handler that does not mind has answered that the request has failed", async () => {
        const { s, c } = await pair(limited);
        s.on("request", async (_, response) => response.send("x".repeat(LIMIT)));
        const surfaced = uncaught();
        expect(await rejection(c.ask("q"))).to.have.property("code", "ERR_REQUEST_FAILED");
        expect(await surfaced).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
    });

    it("an answer larger than the asker takes ends its connection, and what waits hears why", async () => {
        const { s, c } = await pair({}, limited);
        s.on("request", (_, response) => void response.send("x".repeat(LIMIT)));
        const told = reported(c);
        const waiting: unknown[] = [];
        const failed = new Promise<Coded>((resolve) => {
            void c.send("q", () => waiting.push("answered"), { failed: resolve });
        });
        const error = await rejection(c.ask("q"));
        const [cause] = await told;
        expect(cause.code).to.equal("ERR_MESSAGE_TOO_LARGE");
        expect(error).to.include({ code: "ERR_SOCKET_DESTROYED", cause });
        expect(await failed).to.include({ code: "ERR_SOCKET_DESTROYED", cause });
        expect(c.connected).to.equal(false);
        expect(waiting).to.deep.equal([]);
    });

    it("a server cuts only the connection that passes it, after what came before in the same chunk", async () => {
        const { s, c } = await pair(limited);
        const errors = errorsOf(s);
        const values = valuesOf(s);
        const bad = await raw(s);
        const [badSocket, badSession] = (await new Promise<unknown[]>((resolve) => {
            if (s.sockets.length === 2) resolve([s.sockets[1], s.sessions[1]]);
            else s.once("connect", (...args) => resolve(args));
        })) as [net.Socket, SockhopSession];
        const left = parted(s);
        bad.write(frame("one") + frame("two") + frame(stringOf(LIMIT + 1)));
        expect(await left).to.deep.equal([badSocket, badSession]);
        await closed(bad);
        expect(values).to.deep.equal(["one", "two"]);
        expect(errors).to.deep.equal([["ERR_MESSAGE_TOO_LARGE", badSocket, badSession]]);
        await c.send(stringOf(LIMIT));
        await until(() => values.length === 3);
        expect(s.sockets).to.have.length(1);
    });

    it("a client is cut off from a server that passes it, also by many bytes", async () => {
        for (const excess of [1, 1_000_000]) {
            const { port } = await rawServer((socket) => {
                socket.write(frame("one") + frame(stringOf(LIMIT)) + frame(stringOf(LIMIT + excess)));
            });
            const c = client({ port, ...limited });
            const values = valuesOf(c);
            const told = reported(c);
            const gone = parted(c);
            await c.connect();
            const [error, socket] = await told;
            expect(error.code).to.equal("ERR_MESSAGE_TOO_LARGE");
            expect(await gone).to.deep.equal([socket]);
            expect(values).to.deep.equal(["one", stringOf(LIMIT)]);
        }
    });

    it("a frame that never ends is noticed while it arrives", async () => {
        const s = server({ max_message_size: 100_000 });
        await s.listen();
        const told = reported(s);
        const endless = await raw(s);
        const more = (): void => {
            while (!endless.destroyed && endless.write("x".repeat(65_536)));
        };
        endless.on("drain", more);
        more();
        const [error, socket] = (await told) as [Coded, net.Socket];
        expect(error.code).to.equal("ERR_MESSAGE_TOO_LARGE");
        // One more read than was needed to know it.
        expect(socket.bytesRead)
            .to.be.greaterThan(100_000)
            .and.at.most(100_000 + 65_536);
        expect(socket.destroyed).to.equal(true);
        await closed(endless);
    });

    it("without an error listener there is one warning", async () => {
        const { s } = await pair(limited);
        const heard = warnings();
        for (let attempt = 0; attempt < 2; attempt++) {
            const bad = await raw(s);
            bad.write("x".repeat(LIMIT + 1));
            await closed(bad);
        }
        await turns(2);
        expect(heard.map(({ code }) => code)).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
    });

    it("is 100 MiB unless told otherwise, and Infinity is none", () => {
        const MIB_100 = 104_857_600;
        const text = "x".repeat(MIB_100 + 1);
        const usual = new ObjectBuffer({ allow_non_objects: true });
        const quotes = 2;
        expect(() => usual.obj2buf(text.slice(quotes)))
            .to.throw(SockhopError, String(MIB_100))
            .with.property("code", "ERR_MESSAGE_TOO_LARGE");
        expect(usual.obj2buf(text.slice(quotes + 1))!.length).to.equal(MIB_100 + 1); // and the terminator
        const unlimited = new ObjectBuffer({ allow_non_objects: true, max_message_size: Infinity });
        expect(unlimited.obj2buf(text.slice(quotes))!.length).to.equal(MIB_100 + 2);
    });

    describe("of an ObjectBuffer alone", () => {
        /** What comes out, and the codes of errors. */
        function feed(
            bytes: Buffer,
            size: number,
            terminator: string,
            limit = 20,
        ): { values: unknown[]; errors: unknown[] } {
            const buffer = new ObjectBuffer({ terminator, max_message_size: limit });
            const errors: unknown[] = [];
            buffer.on("error", ({ code }: Coded) => errors.push(code));
            const values: unknown[] = [];
            for (let at = 0; at < bytes.length; at += size) {
                values.push(...buffer.buf2obj(bytes.subarray(at, at + size)));
            }
            return { values, errors };
        }

        for (const terminator of ["\n", "\r\n", "aa", "abcabd", "→", "\0\0\0"]) {
            it(`skips what is too large and goes on, however it is cut: ${JSON.stringify(terminator)}`, () => {
                const [large, nearly] = ["y".repeat(21), JSON.stringify("z".repeat(18))];
                // Beginnings of the terminator inside of what is skipped.
                const baits = Array.from(terminator, (_, end) => large + terminator.slice(0, end) + "y");
                const texts = ["1", large, "2", nearly, ...baits, large.repeat(5), "[3]"];
                const bytes = Buffer.from(texts.map((text) => text + terminator).join(""));
                for (const size of [1, 2, 3, 7, 20, 21, 22, 64, bytes.length]) {
                    expect(feed(bytes, size, terminator)).to.deep.equal({
                        values: [1, 2, "z".repeat(18), [3]],
                        errors: Array(2 + baits.length).fill("ERR_MESSAGE_TOO_LARGE"),
                    });
                }
            });
        }

        it("counts bytes, without the terminator", () => {
            for (const terminator of ["\n", "<end>"]) {
                for (const text of ["é".repeat(9), "😀😀😀😀xx"]) {
                    const fits = Buffer.from(JSON.stringify(text) + terminator);
                    const large = Buffer.from(JSON.stringify(text + "x") + terminator);
                    for (const size of [1, 5, 100]) {
                        expect(feed(fits, size, terminator)).to.deep.equal({ values: [text], errors: [] });
                        expect(feed(large, size, terminator).errors).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
                    }
                }
            }
        });

        it("gives the same for any frames and any cuts", () => {
            const frames = fc.array(fc.oneof(fc.nat({ max: 30 }), fc.constant(500)), { maxLength: 12 });
            fc.assert(
                fc.property(frames, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sizes, cuts) => {
                    const buffer = new ObjectBuffer({ terminator: "\r\n", max_message_size: 16 });
                    let errors = 0;
                    buffer.on("error", () => errors++);
                    const texts = sizes.map((size) => JSON.stringify("v".repeat(size)));
                    const bytes = Buffer.from(texts.map((text) => text + "\r\n").join(""));
                    const values: unknown[] = [];
                    for (let at = 0, turn = 0; at < bytes.length; turn++) {
                        const end = at + cuts[turn % cuts.length]!;
                        values.push(...buffer.buf2obj(bytes.subarray(at, end)));
                        at = end;
                    }
                    const fit = texts.filter((text) => text.length <= 16);
                    expect(values).to.deep.equal(fit.map((text) => JSON.parse(text) as unknown));
                    expect(errors).to.equal(texts.length - fit.length);
                }),
                { numRuns: 300 },
            );
        });

        it("keeps less than twice the limit of a frame, and nothing of what it skips", () => {
            const limit = 100_000;
            const buffer = new ObjectBuffer({ max_message_size: limit });
            const errors: unknown[] = [];
            buffer.on("error", ({ code }: Coded) => errors.push(code));
            const allocUnsafe = Buffer.allocUnsafe.bind(Buffer);
            const original = Object.getOwnPropertyDescriptor(Buffer, "allocUnsafe")!;
            const reserved: number[] = [];
            Buffer.allocUnsafe = (size) => {
                reserved.push(size);
                return allocUnsafe(size);
            };
            try {
                const chunk = Buffer.alloc(1000, "x");
                for (let count = 0; count < 100; count++) buffer.buf2obj(chunk);
                expect(errors).to.deep.equal([]);
                buffer.buf2obj(chunk);
                expect(errors).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
                expect(Math.max(...reserved))
                    .to.be.at.least(limit)
                    .and.below(2 * limit);
                reserved.length = 0;
                for (let count = 0; count < 1000; count++) buffer.buf2obj(chunk);
                expect(Math.max(0, ...reserved)).to.be.at.most(chunk.length);
                expect(errors).to.have.length(1);
            } finally {
                Object.defineProperty(Buffer, "allocUnsafe", original);
            }
            expect(buffer.buf2obj(Buffer.from("\n[1]\n"))).to.deep.equal([[1]]);
        });
    });
});

describe("max_connections", () => {
    it("closes those beyond at once, with an error, and has room again when one has left", async () => {
        const s = server({ max_connections: 2 });
        await s.listen();
        const errors = errorsOf(s);
        const [first, second] = [client(placeOf(s)), client(placeOf(s))];
        await first.connect();
        await second.connect();
        await until(() => s.sockets.length === 2);
        for (let attempt = 0; attempt < 2; attempt++) await closed(await raw(s));
        await until(() => errors.length >= 2);
        expect(errors).to.deep.equal(Array(2).fill(["ERR_MAX_CONNECTIONS", null, null]));
        expect([first.connected, second.connected]).to.deep.equal([true, true]);
        const freed = once(s.sockets[0]!, "close");
        await first.disconnect();
        await freed;
        const third = client(placeOf(s));
        await third.connect();
        s.on("receive", (value, { callback }) => callback?.(value));
        expect(await new Promise((resolve) => void third.send("in", resolve))).to.equal("in");
        expect(await new Promise((resolve) => void second.send("still", resolve))).to.equal("still");
        expect(errors).to.have.length(2);
    });

    it("holds over TLS, and on a path", async () => {
        const { key, cert } = await identity("localhost");
        const secure = { ssl: true, ssl_options: { rejectUnauthorized: false } };
        for (const [options, clientOptions] of [
            [{ ssl_options: { key, cert } }, secure],
            [{ path: socketPath() }, {}],
        ] satisfies [ServerOptions, ClientOptions][]) {
            const s = server({ ...options, max_connections: 1 });
            await s.listen();
            const first = client({ ...clientOptions, ...placeOf(s) });
            const accepted = once(s, "connect");
            await first.connect();
            await accepted;
            const told = reported(s);
            await closed(await raw(s));
            const [error, ...about] = await told;
            expect([error.code, ...about]).to.deep.equal(["ERR_MAX_CONNECTIONS", null, null]);
            expect(first.connected).to.equal(true);
            expect(s.sockets).to.have.length(1);
        }
    });

    it("is none unless told otherwise", async () => {
        const s = server();
        await s.listen();
        const errors = errorsOf(s);
        await Promise.all(Array.from({ length: 40 }, () => raw(s)));
        await until(() => s.sockets.length === 40);
        expect(errors).to.deep.equal([]);
    });
});

describe("max_pending", () => {
    for (const which of ["client", "server"] as const) {
        it(`a ${which} refuses questions and requests beyond it, and nothing else`, async () => {
            const { s, c, socket } = await pair({ max_pending: 3 });
            const here = which === "client" ? c : s;
            const there = which === "client" ? s : c;
            const callbacks: (() => void)[] = [];
            const responses: Response[] = [];
            there.on("receive", (_: unknown, { callback }: { callback?: () => void }) => {
                if (callback) callbacks.push(callback);
            });
            there.on("request", (_: unknown, response: Response) => responses.push(response));
            const none = (): void => undefined;
            const ask = (callback: () => void): Promise<void> =>
                here === c ? c.send("q", callback) : s.send(socket, "q", callback);
            const requested = (options = {}): ReturnType<SockhopClient["request"]> =>
                here === c ? c.request("q", options) : s.request(socket, "q", options);

            const answered = new Promise<void>((resolve) => void ask(resolve));
            await ask(none);
            const stream = await requested();
            for (const promise of [ask(none), requested()]) {
                const error = await rejection(promise);
                expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_MAX_PENDING");
            }
            await (here === c ? c.send("no question") : s.send(socket, "no question"));

            await until(() => callbacks.length === 2 && responses.length === 1);
            callbacks[0]!();
            await answered;
            const controller = new AbortController();
            const given = await requested({ signal: controller.signal }); // there is room for one
            expect(await rejection(ask(none))).to.have.property("code", "ERR_MAX_PENDING");
            controller.abort();
            expect(await rejection(given.next())).to.have.property("code", "ERR_ABORTED");
            await responses[0]!.send("answer");
            await stream.all();
            await ask(none); // and now for two
            await ask(none);
            expect(await rejection(requested())).to.have.property("code", "ERR_MAX_PENDING");
            expect(c.connected).to.equal(true);
        });
    }

    it("is counted for each connection of a server", async () => {
        const { s, socket } = await pair({ max_pending: 1 });
        const c = client(placeOf(s));
        const accepted = once(s, "connect");
        await c.connect();
        const [other] = (await accepted) as [net.Socket];
        await s.send(socket, "q", () => undefined);
        await s.send(other, "q", () => undefined);
        expect(await rejection(s.send(other, "q", () => undefined))).to.have.property("code", "ERR_MAX_PENDING");
    });

    it("leaves no trace of what was refused, and has room when time has run out", async () => {
        const { c } = await pair({ max_pending: 1 });
        const failed = new Promise<Coded>((resolve) => {
            void c.send("q", () => undefined, { timeout: 30, failed: resolve });
        });
        const refusals: Coded[] = [];
        await rejection(c.send("q", () => undefined, { timeout: 1, failed: (error) => refusals.push(error) }));
        expect((await failed).code).to.equal("ERR_RESPONSE_TIMEOUT");
        expect(refusals.map(({ code }) => code)).to.deep.equal(["ERR_MAX_PENDING"]);
        await c.send("q", () => undefined);
        expect(await rejection(c.send("q", () => undefined))).to.have.property("code", "ERR_MAX_PENDING");
    });

    it("requests of a peer beyond it are answered with a failure", async () => {
        const s = server({ max_pending: 2 });
        await s.listen();
        const responses: Response[] = [];
        s.on("request", (_, response) => responses.push(response));
        const peer = await raw(s);
        const frames = framesOf(peer);
        peer.write(request("a") + request("b") + request("c"));
        await until(() => frames.length > 0);
        expect(frames).to.have.length(1);
        const [{ type, data }] = frames as [{ type: string; data: SockhopResponsePacket }];
        expect(type).to.equal("SockhopResponsePacket");
        expect(data).to.include({ uuid: "c", last: true });
        expect(data.error).to.include({ code: "ERR_REQUEST_FAILED" });

        void responses[0]!.send("answer"); // there is room again
        peer.write(request("d") + request("e"));
        await until(() => frames.length === 3);
        expect(frames.map(({ data }) => (data as SockhopResponsePacket).uuid)).to.deep.equal(["c", "a", "e"]);
        expect(responses.map(({ uuid }) => uuid)).to.deep.equal(["a", "b", "d"]);
    });

    it("an asker of either end gets that as an error", async () => {
        const { s, c, socket } = await pair({ max_pending: 1 }, { max_pending: 1 });
        const other = client(placeOf(s));
        c.on("request", () => undefined);
        s.on("request", () => undefined);
        const limitless = { signal: new AbortController().signal };
        void s.request(socket, "stays open", limitless).then((stream) => stream.all().catch(() => undefined));
        await other.connect();
        // Those who ask have no room for more themselves; so another one asks in their name.
        const peer = await raw(s);
        const frames = framesOf(peer);
        peer.write(request("first") + request("second"));
        await until(() => frames.length > 0);
        expect((frames[0]!["data"] as SockhopResponsePacket).uuid).to.equal("second");

        const limited = await pair({ max_pending: 1 }, {});
        limited.s.on("request", () => undefined);
        void limited.c.request("stays open").then((stream) => stream.all().catch(() => undefined));
        expect(await rejection(limited.c.ask("too many"))).to.have.property("code", "ERR_REQUEST_FAILED");
        const limiting = await pair({}, { max_pending: 1 });
        limiting.c.on("request", () => undefined);
        void limiting.s.request(limiting.socket, "stays open").then((stream) => stream.all().catch(() => undefined));
        expect(await rejection(limiting.s.ask(limiting.socket, "too many"))).to.have.property(
            "code",
            "ERR_REQUEST_FAILED",
        );
    });
});

describe("max_buffered", () => {
    /** More than the system keeps for a Unix domain socket. */
    const BLOCK = "x".repeat(300_000);
    const MOST = 1_000_000;

    /** A server and a plain client of it that does not read, on a path: the system keeps little for those. */
    async function deaf(
        options: ServerOptions,
    ): Promise<{ s: SockhopServer; peer: net.Socket; socket: net.Socket; session: SockhopSession }> {
        const s = server({ path: socketPath(), max_buffered: MOST, ...options });
        await s.listen();
        const accepted = once(s, "connect");
        const peer = await raw(s);
        const [socket, session] = (await accepted) as [net.Socket, SockhopSession];
        return { s, peer, socket, session };
    }

    /** A client and the plain end of its connection, which does not read. */
    async function deafServer(options: ClientOptions): Promise<{ c: SockhopClient; peer: net.Socket }> {
        const path = socketPath();
        const listener = net.createServer();
        listener.listen(path);
        const accepted = once(listener, "connection");
        const c = client({ path, max_buffered: MOST, ...options });
        await c.connect();
        const [peer] = (await accepted) as [net.Socket];
        later(() => peer.destroy());
        peer.on("error", () => undefined);
        listener.close();
        return { c, peer };
    }

    /** Both ends in the same terms. */
    async function deafEnd(
        which: "client" | "server",
        options: ClientOptions & ServerOptions,
    ): Promise<{
        end: SockhopClient | SockhopServer;
        peer: net.Socket;
        send: (value: unknown) => Promise<void>;
        buffered: () => number;
    }> {
        if (which === "client") {
            const { c, peer } = await deafServer(options);
            return { end: c, peer, send: (value) => c.send(value), buffered: () => c.buffered };
        }
        const { s, peer, session } = await deaf(options);
        return { end: s, peer, send: (value) => session.send(value), buffered: () => session.buffered };
    }

    for (const which of ["client", "server"] as const) {
        it(`"wait": a ${which} refuses nothing, and nothing is lost`, async () => {
            const { end, peer, send, buffered } = await deafEnd(which, {});
            const errors = errorsOf(end);
            let settled = 0;
            const sent = Array.from({ length: 8 }, async (_, n) => {
                await send([n, BLOCK]);
                settled += 1;
            });
            await turns(20);
            expect(buffered()).to.be.greaterThan(MOST);
            expect(settled).to.equal(0);
            const frames = framesOf(peer);
            await Promise.all(sent);
            await until(() => frames.length === 8);
            expect(frames.map(({ data }) => (data as unknown[])[0])).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
            expect(buffered()).to.equal(0);
            expect(errors).to.deep.equal([]);
        });

        it(`"drop": a ${which} refuses what is sent meanwhile, and takes more when there is room`, async () => {
            const { end, peer, send, buffered } = await deafEnd(which, { slow_consumer: "drop" });
            const errors = errorsOf(end);
            const taken: number[] = [];
            const refused: [number, Coded][] = [];
            const sent = Array.from({ length: 10 }, (_, n) =>
                send([n, BLOCK]).then(
                    () => taken.push(n),
                    (error: unknown) => refused.push([n, error as Coded]),
                ),
            );
            await turns(5);
            // One message more than fits; some of it the system has.
            expect(buffered()).to.be.at.most(MOST + BLOCK.length + 100);
            expect(refused.map(([n]) => n)).to.deep.equal([4, 5, 6, 7, 8, 9]);
            const [[, error]] = refused as [[number, Coded]];
            expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_BUFFER_FULL");
            expect(error.message).to.include(String(MOST));
            void send("nobody looks at this promise");
            const frames = framesOf(peer);
            await Promise.all(sent);
            await send("after");
            await until(() => frames.at(-1)?.["data"] === "after");
            expect(taken).to.deep.equal([0, 1, 2, 3]);
            expect(frames.map(({ data }) => (Array.isArray(data) ? (data as unknown[])[0] : data))).to.deep.equal([
                0,
                1,
                2,
                3,
                "after",
            ]);
            expect(errors).to.deep.equal([]);
        });

        it(`"disconnect": a ${which} cuts the connection`, async () => {
            const { end, send } = await deafEnd(which, { slow_consumer: "disconnect" });
            const errors = errorsOf(end);
            const gone = parted(end);
            const sent = Array.from({ length: 6 }, (_, n) => rejection(send([n, BLOCK])));
            const [socket, session] = (await gone) as [net.Socket, SockhopSession];
            const codes = (await Promise.all(sent)).map(({ code }) => code);
            expect(codes).to.deep.equal([
                ...(Array(4).fill("ERR_SOCKET_DESTROYED") as string[]),
                "ERR_BUFFER_FULL",
                "ERR_SOCKET_DESTROYED",
            ]);
            expect(socket.destroyed).to.equal(true);
            expect(errors).to.deep.equal([
                which === "client" ? ["ERR_BUFFER_FULL", socket] : ["ERR_BUFFER_FULL", socket, session],
            ]);
        });
    }

    it("questions and requests beyond it are refused and forgotten", async () => {
        const { s, session, socket } = await deaf({ slow_consumer: "drop" });
        for (let n = 0; n < 4; n++) void session.send(BLOCK);
        const failures: (string | undefined)[] = [];
        const failed = ({ code }: Coded): void => void failures.push(code);
        expect(await rejection(session.send("q", () => undefined, { failed }))).to.have.property(
            "code",
            "ERR_BUFFER_FULL",
        );
        expect(await rejection(session.request("q"))).to.have.property("code", "ERR_BUFFER_FULL");
        expect(failures).to.deep.equal(["ERR_BUFFER_FULL"]);
        expect(s["_connectionOf"](socket)!.pending).to.equal(0);
    });

    it("other clients of a server do not notice", async () => {
        const { s, peer } = await deaf({ slow_consumer: "disconnect" });
        const c = client(placeOf(s));
        await c.connect();
        const values = received(c, 8);
        await until(() => s.sockets.length === 2);
        s.on("error", () => undefined);
        const [slow, quick] = s.sockets as [net.Socket, net.Socket];
        for (let n = 0; n < 8; n++) {
            void s.send(slow, BLOCK).catch(() => undefined);
            await s.send(quick, n);
        }
        expect(await values).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
        await closed(peer);
        expect(s.sockets).to.deep.equal([quick]);
    });

    it("the server reads no more from a client that does not read, until it does, and loses nothing", async () => {
        const { s, peer, socket, session } = await deaf({ max_buffered: 100_000 });
        const TOTAL = 3000;
        let asked = 0;
        s.on("receive", (value, { callback }) => {
            if (!callback) return;
            asked += 1;
            callback([value, "x".repeat(500)]);
        });
        // Large questions, too: what the system and Node keep of them is soon full.
        const questions = Array.from({ length: TOTAL }, (_, n) =>
            frame(n, { id: `id ${n}`, padding: "p".repeat(500) }),
        );
        peer.write(questions.join(""));
        await until(() => socket.isPaused());
        const [before, waiting] = [asked, session.buffered];
        await turns(20);
        expect([asked, session.buffered]).to.deep.equal([before, waiting]);
        expect(asked).to.be.lessThan(TOTAL / 2);
        expect(peer.writableLength).to.be.greaterThan(0);
        // Beyond the limit there is what one chunk of questions has brought.
        expect(waiting)
            .to.be.greaterThan(50_000)
            .and.lessThan(100_000 + 100_000);

        const other = client(placeOf(s));
        await other.connect();
        await new Promise((resolve) => void other.send(1, resolve)); // all others are served

        const frames = framesOf(peer);
        await until(() => frames.length === TOTAL);
        expect(frames.map(({ callback_id }) => callback_id)).to.deep.equal(
            Array.from({ length: TOTAL }, (_, n) => `id ${n}`),
        );
        expect([socket.isPaused(), session.buffered]).to.deep.equal([false, 0]);
    });

    it("a client goes on reading: it never waits for a server that waits for it", async () => {
        const path = socketPath();
        const { s, c, socket } = await pair({ path, max_buffered: 50_000 });
        const fromServer = received(c, 60);
        const fromClient = received(s, 60);
        const big = "x".repeat(20_000);
        await Promise.all(Array.from({ length: 60 }, () => [c.send(big), s.send(socket, big)]).flat());
        expect((await Promise.all([fromServer, fromClient])).map(({ length }) => length)).to.deep.equal([60, 60]);
    });

    it("answers are bounded, too, where a client that does not read is not waited for", async () => {
        for (const slow_consumer of ["drop", "disconnect"] as const) {
            const { s, peer, session } = await deaf({ max_buffered: 50_000, slow_consumer });
            s.on("error", () => undefined);
            const left = parted(s);
            const answer = "x".repeat(1000);
            let most = 0;
            const last = new Promise<void>((resolve) =>
                s.on("receive", (value, { callback }) => {
                    callback?.(answer);
                    most = Math.max(most, session.buffered);
                    if (value === "last") resolve();
                }),
            );
            peer.write(Array.from({ length: 2000 }, (_, n) => frame(n, { id: String(n) })).join("") + frame("last"));
            await (slow_consumer === "drop" ? last : left);
            expect(most).to.be.lessThan(50_000 + 2 * answer.length);
        }
    });

    describe("what the library sends by itself", () => {
        const PINGS = '{"type":"SockhopPing","data":{"_id":"x","_created":"y"}}\n'.repeat(1000);
        const LAST = frame("last");

        it("stays bounded: pings to a client, whose server reads nothing", async () => {
            const { c, peer } = await deafServer({ max_buffered: 50_000 });
            const last = received(c, 1);
            let most = 0;
            const measure = setInterval(() => (most = Math.max(most, c.buffered)), 1);
            for (let n = 0; n < 40; n++) {
                if (!peer.write(PINGS)) await once(peer, "drain");
            }
            peer.write(LAST);
            expect(await last).to.deep.equal(["last"]);
            clearInterval(measure);
            expect(Math.max(most, c.buffered))
                .to.be.greaterThan(40_000)
                .and.lessThan(50_000 + 200);
            expect(c.connected).to.equal(true);
        });

        it("stays bounded: pings to a server, whose client reads nothing", async () => {
            const { s, peer, session } = await deaf({ max_buffered: 50_000, slow_consumer: "drop" });
            const last = received(s, 1);
            for (let n = 0; n < 40; n++) {
                if (!peer.write(PINGS)) await once(peer, "drain");
            }
            peer.write(LAST);
            expect(await last).to.deep.equal(["last"]);
            expect(session.buffered)
                .to.be.greaterThan(40_000)
                .and.lessThan(50_000 + 200);
        });

        it("stays bounded: requests that nobody handles", async () => {
            const { s, peer, session } = await deaf({ max_buffered: 50_000, slow_consumer: "drop" });
            const last = received(s, 1);
            for (let n = 0; n < 100; n++) {
                if (!peer.write(request(`number ${n}`).repeat(100))) await once(peer, "drain");
            }
            peer.write(LAST);
            await last;
            expect(session.buffered)
                .to.be.greaterThan(40_000)
                .and.lessThan(50_000 + 300);
        });

        it("pings to a server that waits: it stops reading, and is not dropped for having read nothing", async () => {
            const { s, peer, socket, session } = await deaf({ max_buffered: 50_000 });
            const last = received(s, 1);
            peer.write(PINGS.repeat(40) + LAST);
            await until(() => socket.isPaused());
            await turns(10);
            expect(session.buffered).to.be.lessThan(50_000 + 200);
            peer.resume();
            expect(await last).to.deep.equal(["last"]);
        });
    });
});

describe("frame_timeout", () => {
    /** The smallest endpoint: what it reads is said to it. */
    class Probe extends Endpoint {
        readonly values: unknown[] = [];

        constructor(options: object) {
            super(options);
            this.on("receive", (value) => this.values.push(value));
        }

        connection(): Connection {
            const connection = this._attach(new net.Socket());
            this._onOpen(connection);
            return connection;
        }

        take(connection: Connection, text: string): void {
            const chunk = Buffer.from(text);
            this._onData(connection, chunk, chunk.length);
        }

        protected override _receiveMeta(): object {
            return {};
        }
    }

    describe("by the clock", () => {
        let clock: FakeTimers.Clock;
        let errors: unknown[];

        beforeEach(() => {
            clock = FakeTimers.install({
                toFake: [
                    "setInterval",
                    "clearInterval",
                    "setTimeout",
                    "clearTimeout",
                    "setImmediate",
                    "clearImmediate",
                ],
            });
            errors = [];
        });

        afterEach(() => {
            clock.uninstall();
        });

        function probe(options: { frame_timeout?: number }): Probe {
            const created = new Probe(options);
            created.on("error", ({ code }: Coded) => errors.push(code));
            return created;
        }

        it("a frame that does not end is the end of its connection, in the given time and a quarter", () => {
            const end = probe({ frame_timeout: 1000 });
            const [slow, idle] = [end.connection(), end.connection()];
            clock.tick(600);
            end.take(slow, '{"type"');
            clock.tick(999);
            expect(errors).to.deep.equal([]);
            clock.tick(1 + 250 + 2); // and turns of the event loop
            expect(errors).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
            expect([slow.socket.destroyed, idle.socket.destroyed]).to.deep.equal([true, false]);
            clock.tick(1e6);
            expect(errors).to.have.length(1);
        });

        it("a byte now and then does not help", () => {
            const end = probe({ frame_timeout: 1000 });
            const slow = end.connection();
            for (let n = 0; n < 16; n++) {
                end.take(slow, "x");
                clock.tick(100);
            }
            expect(errors).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
            expect(slow.socket.destroyed).to.equal(true);
        });

        it("nor does it to have sent whole frames before", () => {
            const end = probe({ frame_timeout: 1000 });
            const slow = end.connection();
            for (let n = 0; n < 10; n++) {
                end.take(slow, frame(n));
                clock.tick(100);
            }
            end.take(slow, frame("last") + "{");
            clock.tick(1600);
            expect(end.values).to.have.length(11);
            expect(errors).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
            expect(slow.socket.destroyed).to.equal(true);
        });

        it("many frames that each end in time go on, although one has always begun", () => {
            const end = probe({ frame_timeout: 1000 });
            const busy = end.connection();
            const text = frame("x".repeat(10));
            end.take(busy, text.slice(0, 9));
            for (let n = 0; n < 40; n++) {
                clock.tick(900);
                end.take(busy, text.slice(9) + text.slice(0, 9));
            }
            expect(errors).to.deep.equal([]);
            expect(end.values).to.have.length(40);
        });

        it("a connection that is idle goes on, and so does one that is not read from", () => {
            const end = probe({ frame_timeout: 1000 });
            const [idle, paused] = [end.connection(), end.connection()];
            end.take(idle, frame("whole"));
            end.take(paused, "half");
            paused.socket.pause();
            clock.tick(100_000);
            expect(errors).to.deep.equal([]);
            paused.socket.resume();
            clock.tick(1600);
            expect(errors).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
            expect(paused.socket.destroyed).to.equal(true);
        });

        it("is two minutes unless told otherwise", () => {
            const end = probe({});
            end.take(end.connection(), "{");
            clock.tick(119_000);
            expect(errors).to.deep.equal([]);
            clock.tick(32_000);
            expect(errors).to.have.length(1);
        });

        it("is none with Infinity, and not a timer that fires after 1 ms", () => {
            const end = probe({ frame_timeout: Infinity });
            end.take(end.connection(), "{");
            clock.tick(24 * 3_600_000);
            expect(errors).to.deep.equal([]);
        });

        it("leaves no timer when all connections have gone", () => {
            const end = probe({ frame_timeout: 1000 });
            const connection = end.connection();
            connection.socket.destroy();
            void end["_close"](connection);
            clock.tick(10_000);
            expect(clock.countTimers()).to.equal(0);
        });
    });

    it("a server cuts a client off that sends byte by byte, and no other", async () => {
        const { s, c } = await pair({ frame_timeout: 60 });
        const told = reported(s);
        const slow = await raw(s);
        const text = frame("x".repeat(10_000));
        let at = 0;
        const timer = setInterval(() => slow.write(text[at++]!), 5);
        const [error, socket, session] = await told;
        clearInterval(timer);
        expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_FRAME_TIMEOUT");
        expect((session as SockhopSession).sock).to.equal(socket);
        expect((socket as net.Socket).destroyed).to.equal(true);
        await closed(slow);
        const value = received(s, 1);
        await c.send("still here");
        expect(await value).to.deep.equal(["still here"]);
    });

    it("a client leaves a server that begins and does not end", async () => {
        const { port } = await rawServer((socket) => socket.write(frame("whole") + '{"type":'));
        const c = client({ port, frame_timeout: 40 });
        const values = valuesOf(c);
        const told = reported(c);
        const gone = parted(c);
        await c.connect();
        const [error, socket] = await told;
        expect(error.code).to.equal("ERR_FRAME_TIMEOUT");
        expect(await gone).to.deep.equal([socket]);
        expect(values).to.deep.equal(["whole"]);
    });
});

describe("session_timeout", () => {
    it("is what bounds a start(), whatever frame_timeout is", async () => {
        let ended = 0;
        class Slow extends SockhopSession {
            override start(): Promise<void> {
                return new Promise(() => undefined);
            }
            override end(): void {
                ended += 1;
            }
        }
        const s = server({ session_type: Slow, session_timeout: 60, frame_timeout: 10 });
        await s.listen();
        const errors = errorsOf(s);
        const peer = await raw(s);
        peer.write('{"half');
        await closed(peer);
        expect(errors.map(([code]) => code)).to.deep.equal(["ERR_SESSION_TIMEOUT"]);
        expect([s.sockets.length, ended]).to.deep.equal([0, 0]);
    });
});

describe("deep nesting", () => {
    const DEEP = "[".repeat(100_000) + "]".repeat(100_000);

    /** An array inside an array, and so on. */
    function nested(depth: number): unknown {
        let value: unknown[] = [];
        for (let level = 0; level < depth; level++) value = [value];
        return value;
    }

    function depthOf(value: unknown): number {
        let depth = 0;
        for (let inner = value; Array.isArray(inner); inner = inner[0] as unknown) depth += 1;
        return depth;
    }

    it("arrives as it is, 1 million levels of it", async () => {
        const s = server();
        await s.listen();
        const values = received(s, 2);
        const peer = await raw(s);
        peer.write(`{"type":"Array","data":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}\n` + frame("last"));
        const [deep, last] = await values;
        expect(depthOf(deep)).to.equal(1_000_000);
        expect(last).to.equal("last");
    }).timeout(30_000);

    it("that does not end well is a bad frame like others", async () => {
        const s = server();
        await s.listen();
        const told = reported(s);
        const last = received(s, 1);
        const peer = await raw(s);
        peer.write(`{"type":"Array","data":${DEEP}]}\n` + frame("last"));
        expect((await told)[0].code).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        expect(await last).to.deep.equal(["last"]);
    });

    it("cannot be sent, by any way", async () => {
        const { s, c, socket } = await pair();
        for (const depth of [100_000, 1_000_000]) {
            const deep = nested(depth);
            for (const promise of [
                c.send(deep),
                c.send(deep, () => undefined),
                c.request(deep),
                s.send(socket, deep),
                s.sendall(deep),
                s.request(socket, deep),
            ]) {
                expect(await rejection(promise)).to.have.property("code", "ERR_BAD_DATA");
            }
        }
        const last = received(s, 1);
        await c.send("last");
        expect(await last).to.deep.equal(["last"]);
    });

    it("cannot be an answer, and the responder can answer otherwise", async () => {
        const { s, c } = await pair();
        const deep = nested(100_000);
        s.on("receive", (_, { callback }) => {
            expect(() => callback!(deep))
                .to.throw(SockhopError)
                .with.property("code", "ERR_BAD_DATA");
            callback!("shallow");
        });
        s.on("request", async (_, response) => {
            expect(await rejection(response.send(deep))).to.have.property("code", "ERR_BAD_DATA");
            await response.send("shallow");
        });
        expect(await new Promise((resolve) => void c.send("q", resolve))).to.equal("shallow");
        expect(await c.ask("q")).to.equal("shallow");
    });

    /** What the library itself looks at or sends back, nested. */
    const PLACES = [
        `{"type":${DEEP},"data":1}`,
        `{"type":"String","data":1,"callback_id":${DEEP}}`,
        `{"type":"SockhopPing","data":{"_id":${DEEP},"_created":${DEEP}}}`,
        `{"type":"SockhopPing","data":${DEEP}}`,
        `{"type":"SockhopPong","data":{"_id":${DEEP}}}`,
        `{"type":"SockhopResponsePacket","data":{"uuid":${DEEP},"data":1,"last":true}}`,
        `{"type":"SockhopResponsePacket","data":{"uuid":${DEEP},"error":${DEEP}}}`,
    ].map((text) => text + "\n");

    it("does no harm in any place of a frame, at either end", async () => {
        const s = server();
        await s.listen();
        s.on("error", () => undefined);
        s.ping(1000);
        const lastAtServer = new Promise<void>((resolve) => s.on("receive", (value) => value === "last" && resolve()));
        const peer = await raw(s);
        peer.resume().write(PLACES.join("") + frame("last"));
        await lastAtServer;
        expect(s.sockets).to.have.length(1);

        const { port } = await rawServer((socket) => socket.resume().write(PLACES.join("") + frame("last")));
        const c = client({ port });
        c.on("error", () => undefined);
        const lastAtClient = new Promise<void>((resolve) => c.on("receive", (value) => value === "last" && resolve()));
        await c.connect();
        await lastAtClient;
        expect(c.connected).to.equal(true);
    });
});

describe("names that a peer gives to its questions", () => {
    const DEEP = "[".repeat(100_000) + "]".repeat(100_000);
    const LIMIT = 1_000_000;
    /** So long that every answer, in which it has to stand as well, is larger than a message may be. */
    const long = (text: string): string => JSON.stringify("x".repeat(LIMIT - text.length - 2));

    // Answering threw, in a program that did nothing wrong.
    for (const [what, name] of [
        ["nested deeply", () => DEEP],
        ["as large as a message", long],
    ] as const) {
        it(`${what} do not make answering throw`, async () => {
            const s = server({ max_message_size: LIMIT });
            await s.listen();
            s.on("error", () => undefined);
            const thrown: unknown[] = [];
            s.on("receive", (_, { callback }) => {
                try {
                    callback?.("answer");
                } catch (error) {
                    thrown.push((error as Coded).code);
                }
            });
            s.on("request", (_, response) => {
                response.send("answer").catch((error: unknown) => thrown.push((error as Coded).code));
            });
            const last = new Promise<void>((resolve) => s.on("receive", (value) => value === "last" && resolve()));
            const peer = await raw(s);
            peer.resume();
            const [question, asked] = [
                '{"type":"String","data":"","id":NAME}',
                '{"type":"SockhopRequest","data":{"uuid":NAME,"data":""}}',
            ].map((text) => text.replace("NAME", name(text.replace("NAME", "")))) as [string, string];
            peer.write(`${question}\n${asked}\n${frame("last")}`);
            await last;
            await turns(2);
            expect(thrown).to.deep.equal([]);
        });
    }
});

describe("limits as options", () => {
    const AMOUNTS = ["max_message_size", "max_pending", "max_buffered"] as const;
    const TIMES = ["frame_timeout", "response_timeout"] as const;

    function refused(make: () => unknown, name: string): void {
        expect(make).to.throw(SockhopError, name).with.property("code", "ERR_BAD_OPTION");
    }

    it("that are no amounts are refused by both ends, with their name", () => {
        for (const name of AMOUNTS) {
            for (const wrong of [NaN, -1, 0, -Infinity, "10", "many", {}, true]) {
                refused(() => new SockhopClient({ [name]: wrong }), name);
                refused(() => new SockhopServer({ [name]: wrong }), name);
            }
        }
        for (const wrong of [NaN, -1, 0, "10", {}]) {
            refused(() => new SockhopServer({ max_connections: wrong as number }), "max_connections");
            refused(() => new ObjectBuffer({ max_message_size: wrong as number }), "max_message_size");
        }
    });

    it("that are no times are refused by both ends, with their name", () => {
        for (const name of TIMES) {
            for (const wrong of [NaN, -1, -Infinity, "soon", {}]) {
                refused(() => new SockhopClient({ [name]: wrong }), name);
                refused(() => new SockhopServer({ [name]: wrong }), name);
            }
        }
        refused(() => new SockhopServer({ session_timeout: -1 }), "session_timeout");
    });

    it("refuse a slow_consumer that they do not know", () => {
        for (const wrong of ["", "block", "Wait", 1, {}]) {
            refused(() => new SockhopClient({ slow_consumer: wrong as "wait" }), "slow_consumer");
            refused(() => new SockhopServer({ slow_consumer: wrong as "wait" }), "slow_consumer");
        }
    });

    it("mean the default where they are undefined or null", () => {
        for (const nothing of [undefined, null]) {
            const options = Object.fromEntries([...AMOUNTS, ...TIMES, "slow_consumer"].map((name) => [name, nothing]));
            expect(new SockhopServer({ ...options, max_connections: nothing as undefined })._limits).to.deep.equal({
                maxPending: 100_000,
                maxBuffered: 67_108_864,
                slowConsumer: "wait",
                frameTimeout: 120_000,
                responseTimeout: 30_000,
            });
            expect(new SockhopClient(options)._limits).to.deep.equal(new SockhopClient()._limits);
        }
    });

    it("are none with Infinity", async () => {
        const overflows: Error[] = [];
        const heard = (warning: Error): void => {
            if (warning.name === "TimeoutOverflowWarning") overflows.push(warning);
        };
        process.on("warning", heard);
        const none = {
            max_message_size: Infinity,
            max_pending: Infinity,
            max_buffered: Infinity,
            frame_timeout: Infinity,
            response_timeout: Infinity,
        };
        const { s, c } = await pair({ ...none, max_connections: Infinity, session_timeout: Infinity }, none);
        const peer = await raw(s);
        peer.write('{"half of a'); // would be too slow for a time of 1 ms
        s.on("request", (_, response) => setTimeout(() => void response.send("late"), 30));
        const answer = c.ask("q", { timeout: Infinity });
        const failures: unknown[] = [];
        void c.send("q", () => undefined, { timeout: Infinity, failed: (error) => failures.push(error) });
        expect(await answer).to.equal("late");
        process.off("warning", heard);
        expect(overflows).to.deep.equal([]);
        expect(failures).to.deep.equal([]);
        expect(s.sockets).to.have.length(2);
    });
});
