import { expect } from "chai";
import { once } from "node:events";
import { deserialize, serialize } from "node:v8";
import type { ServerOptions, SockhopSession } from "../../../src";
import { client, pair, placeOf, server } from "../../support/pair";

class Point {
    constructor(
        public x = 0,
        public y = 0,
    ) {}

    get length(): number {
        return Math.hypot(this.x, this.y);
    }
}

class Money {
    #cents: bigint;

    constructor(cents: bigint) {
        this.#cents = cents;
    }

    get cents(): bigint {
        return this.#cents;
    }

    toJSON(): string {
        return String(this.#cents);
    }

    static fromJSON(data: unknown): Money {
        if (typeof data !== "string" || !/^\d{1,15}$/.test(data)) throw new TypeError("no amount of money");
        return new Money(BigInt(data));
    }
}

const V8 = {
    name: "v8",
    encode: (value: unknown) => serialize(value),
    decode: (bytes: Buffer) => deserialize(bytes) as unknown,
};

/** Codecs for bytes, which carry more values than JSON. */
const CODECS: readonly (readonly [string, ServerOptions])[] = [
    ["the codec binary", { codec: "binary" }],
    ["a codec of the program", { codec: V8 }],
];

const VALUE = {
    date: new Date(5),
    map: new Map([["a", new Set([1n])]]),
    bytes: new Uint8Array([1, 2]),
    none: undefined,
};

for (const [name, options] of CODECS) {
    describe(`Values with ${name}`, () => {
        it("arrive as they were, in both directions, with their types", async () => {
            const { s, c } = await pair(options);
            for (const value of [VALUE, 1n, NaN, [VALUE], "text", new Date(1), null, true]) {
                const [atServer, atClient] = [once(s, "receive"), once(c, "receive")];
                await Promise.all([c.send(value), s.sendall(value)]);
                for (const [received, meta] of [await atServer, await atClient] as [unknown, { type: string }][]) {
                    expect(received).to.deep.equal(value);
                    expect(meta.type).to.equal(value === null ? "Object" : value.constructor.name);
                }
            }
        });

        it("are replied by callbacks", async () => {
            const { s, c } = await pair(options);
            s.on("receive", (value, { callback }) => callback?.([value, VALUE]));
            const reply = await new Promise((resolve) => void c.send(VALUE, resolve as never));
            expect(reply).to.deep.equal([VALUE, VALUE]);
        });

        it("are requested and responded, in both directions", async () => {
            const { s, c } = await pair(options);
            s.handle("Map", (map: Map<string, number>) => new Map([...map].reverse()));
            c.handle("Set", (set: Set<number>) => set.size);
            expect(await c.ask(new Map([["a", 1], ["b", 2]]))).to.deep.equal(new Map([["b", 2], ["a", 1]])); // prettier-ignore
            expect(await (s.sessions[0] as SockhopSession).ask(new Set([1, 2, 3]))).to.equal(3);
        });

        it("are streamed, and the stream ends", async () => {
            const { s, c } = await pair(options);
            s.on("request", async (request, response) => {
                for (let n = 0; n < 3; n++) await response.write(BigInt(n));
                await response.send(request.data);
            });
            const packets = await (await c.request(VALUE)).all();
            expect(packets.map(({ data }) => data as unknown)).to.deep.equal([0n, 1n, 2n, VALUE]);
        });

        it("fail with the error of the handler", async () => {
            const { s, c } = await pair(options);
            s.on("error", () => undefined);
            s.handle("String", () => {
                throw Object.assign(new Error("no such user"), { code: "NO_USER" });
            });
            const error: unknown = await c.ask("x").catch((reason: unknown) => reason);
            expect(error).to.have.property("code", "ERR_REQUEST_FAILED");
            expect(error).to.have.nested.property("remote.code", "NO_USER");
        });

        it("have uuids of requests that both ends see", async () => {
            const { s, c } = await pair(options);
            const requested = once(s, "request");
            const stream = await c.request("x");
            const [{ uuid }] = (await requested) as [{ uuid: string }];
            expect(uuid).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
            expect(stream.uuid).to.equal(uuid);
            stream.end();
        });

        it("cancel a request at the responder", async () => {
            const { s, c } = await pair(options);
            const aborted = new Promise((resolve) => {
                s.on("request", (_request, { signal }) => signal.addEventListener("abort", resolve));
            });
            const controller = new AbortController();
            const answer = c
                .ask("x", { signal: controller.signal })
                .catch((error: unknown) => (error as { code: string }).code);
            await c.send("flush");
            controller.abort();
            expect(await answer).to.equal("ERR_ABORTED");
            await aborted;
        });

        it("reach clients of all codecs by one sendall()", async () => {
            const s = server(options);
            await s.listen();
            const clients = [client({ ...(options as object), ...placeOf(s) }), client(placeOf(s))];
            const connected = new Promise<void>((resolve) => {
                let count = 0;
                s.on("connect", () => ++count === 2 && resolve());
            });
            await Promise.all(clients.map((c) => c.connect()));
            await connected;
            const received = clients.map((c) => once(c, "receive"));
            await Promise.all([s.sendall({ at: new Date(0) }), s.sendall("second")]);
            expect((await Promise.all(received)).map(([value]) => value as unknown)).to.deep.equal([
                { at: new Date(0) },
                { at: "1970-01-01T00:00:00.000Z" },
            ]);
        });

        it("that JSON refuses reach the other clients of a sendall()", async () => {
            const s = server(options);
            await s.listen();
            const both = new Promise<void>((resolve) => {
                let count = 0;
                s.on("connect", () => ++count === 2 && resolve());
            });
            const rich = client({ ...(options as object), ...placeOf(s) });
            const plain = client(placeOf(s));
            await Promise.all([rich.connect(), plain.connect()]);
            await both;
            const received = once(rich, "receive");
            const error = (await s.sendall(1n).catch((reason: unknown) => reason)) as {
                code: string;
                failures: unknown[];
            };
            expect([error.code, error.failures.length]).to.deep.equal(["ERR_BAD_DATA", 1]);
            expect((await received)[0]).to.equal(1n);
            const next = once(plain, "receive");
            await s.sendall("to all");
            expect((await next)[0]).to.equal("to all");
        });

        it("are refused above max_message_size by the sender", async () => {
            const { c } = await pair({ ...options, max_message_size: 1000 });
            const error = await c
                .send(Buffer.alloc(2000))
                .catch((reason: unknown) => (reason as { code: string }).code);
            expect(error).to.equal("ERR_MESSAGE_TOO_LARGE");
            await c.send("small");
        });

        it("above max_message_size close the connection at the receiver", async () => {
            const { s, c } = await pair({ ...options, max_message_size: 1000 }, options as object);
            const reported = once(s, "error");
            const closed = once(c, "disconnect");
            await c.send("first");
            void c.send(Buffer.alloc(200_000)).catch(() => undefined);
            expect((await reported)[0]).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
            await closed;
        });

        it("arrive in order, mixed with pings, calls and large values", async () => {
            const { s, c } = await pair(options);
            c.ping(1);
            s.ping(1);
            const received: unknown[] = [];
            const done = new Promise<void>((resolve) => {
                s.on("receive", (value: unknown, { callback }) => {
                    callback?.(value);
                    received.push(Buffer.isBuffer(value) ? value.length : value);
                    if (value === "end") resolve();
                });
            });
            const expected: unknown[] = [];
            for (let n = 0; n < 300; n++) {
                if (n % 50 === 0) {
                    expected.push(300_000);
                    await c.send(Buffer.alloc(300_000, n));
                }
                expected.push(n);
                if (n % 3 === 0) void c.send(n, (() => undefined) as never);
                else void c.send(n);
            }
            await c.send("end");
            await done;
            expect(received).to.deep.equal([...expected, "end"]);
        });

        it("are counted in stats and in messages of diagnostics_channel", async () => {
            const { s, c } = await pair(options);
            await Promise.all([c.send(VALUE), c.send(1n)]);
            await once(s, "receive");
            const { messages_received, bytes_received } = s.stats;
            expect(bytes_received).to.equal(c.stats.bytes_sent);
            expect(messages_received).to.equal(c.stats.messages_sent);
        });
    });
}

describe("Classes", () => {
    for (const options of [{}, { codec: "binary" }] as ServerOptions[]) {
        const codec = options.codec === "binary" ? "the codec binary" : "JSON lines";

        it(`arrive as instances with ${codec}: messages, replies, requests and responses`, async () => {
            const { s, c } = await pair({ ...options, classes: [Point, Money] });
            s.on("receive", (value, { callback }) => callback?.(value));
            s.handle("Point", (point: Point) => new Money(BigInt(point.length)));
            const received = once(s, "receive:Point");
            await c.send(new Point(3, 4));
            const [point] = (await received) as [Point];
            expect(point).to.be.instanceOf(Point);
            expect(point.length).to.equal(5);
            const reply = await new Promise((resolve) => void c.send(new Money(7n), resolve as never));
            expect((reply as Money).cents).to.equal(7n);
            expect(((await c.ask(new Point(3, 4))) as Money).cents).to.equal(5n);
        });

        it(`that fail in fromJSON are one bad frame with ${codec}`, async () => {
            const { s, c } = await pair({ ...options, classes: [Money] }, options as object);
            const reported = once(s, "error");
            const received = new Promise<unknown>((resolve) => s.once("receive", resolve));
            await c.send({ worthless: true }, null, { type: "Money" });
            await c.send("next");
            expect((await reported)[0])
                .to.have.property("message")
                .that.includes("no amount of money");
            expect(await received).to.equal("next");
        });

        it(`are plain objects without a registration, with ${codec}`, async () => {
            const { s, c } = await pair(options);
            const received = once(s, "receive");
            await c.send(new Point(1, 2));
            const [value, { type }] = (await received) as [object, { type: string }];
            expect([Object.getPrototypeOf(value), type]).to.deep.equal([Object.prototype, "Point"]);
        });
    }

    it("arrive as instances at any depth with the codec binary", async () => {
        const { s, c } = await pair({ codec: "binary", classes: { Point, "shop.Money": Money } });
        const point = new Point(1, 2);
        const received = once(s, "receive");
        await c.send({ list: [point, point], map: new Map([[new Point(5), new Money(3n)]]) });
        const [value] = (await received) as [{ list: Point[]; map: Map<Point, Money> }];
        expect(value.list[0]).to.be.instanceOf(Point);
        expect(value.list[1]).to.equal(value.list[0]);
        const [[key, money]] = [...value.map] as [[Point, Money]];
        expect([key instanceof Point, money.cents]).to.deep.equal([true, 3n]);
    });
});

describe("Values that cannot be sent with the codec binary", () => {
    for (const [text, value, path] of [
        ["a function", { a: [0, { b: () => 1 }] }, ".a[1].b"],
        ["a symbol", { s: Symbol("x") }, ".s"],
        ["a Promise", { p: [Promise.resolve(1)] }, ".p[0]"],
        ["a RegExp that its receiver would refuse", { r: /\p{L}/u }, ".r"],
        ["a URL that its receiver would refuse", [new URL(`http://${"a".repeat(1025)}/`)], "[0]"],
    ] as const) {
        it(`are refused with their path: ${text}`, async () => {
            const { c } = await pair({ codec: "binary" });
            const error = (await c.send(value).catch((reason: unknown) => reason)) as { code: string; message: string };
            expect(error.code).to.equal("ERR_BAD_DATA");
            expect(error.message).to.include(`at ${path}`);
        });
    }
});
