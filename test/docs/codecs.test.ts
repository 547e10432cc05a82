import { once } from "node:events";
import type { Socket } from "node:net";
import { expect } from "chai";
import fc from "fast-check";
import { ObjectBuffer, type SockhopError, type SockhopServer } from "../../src";
import { helloData } from "../../src/protocol/Hello";
import { client, pair, placeOf, raw, server } from "../support/pair";

// Statements of the documentation about codecs that no test of a single part shows.

const HELLO = `${JSON.stringify({
    type: "SockhopPong",
    data: helloData({ codecs: ["binary"], token: "0123456789abcdef" }),
})}\n`;

/** Frame of messages and their text. */
function frame(messages: Buffer | number[], text = ""): Buffer {
    const header = Buffer.from([0xff, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    const bytes = Buffer.concat([header, Buffer.from(messages), Buffer.from(text)]);
    bytes.writeUInt32LE(bytes.length - 6, 2);
    bytes.writeUInt32LE(messages.length, 7);
    return bytes;
}

const GOOD = frame([0, 0x82], "ok");

/** Server with a raw peer that has greeted; what it has received, and its errors. */
async function greeted(options = {}): Promise<{ s: SockhopServer; peer: Socket; values: unknown[]; errors: string[] }> {
    const s = server({ codec: "binary", ...options });
    await s.listen();
    const [values, errors]: [unknown[], string[]] = [[], []];
    s.on("receive", (value) => values.push(value));
    s.on("error", (error) => errors.push((error as SockhopError).code));
    const peer = await raw(s);
    peer.write(HELLO);
    await once(s, "connect");
    return { s, peer, values, errors };
}

/** Sends frames, and a good one behind them. Resolves when that has arrived. */
async function send({ s, peer }: { s: SockhopServer; peer: Socket }, ...frames: Buffer[]): Promise<void> {
    // Not once() of Node.js, which rejects on an error event.
    const arrived = new Promise((resolve) => s.once("receive:String", resolve));
    peer.write(Buffer.concat([...frames, GOOD]));
    await arrived;
}

/** Array of `count` items: their number as varint. */
const arrayOf = (count: number): number[] => [0xc7, ...varint(count)];

function varint(number: number): number[] {
    const bytes: number[] = [];
    for (; number > 0x7f; number = Math.floor(number / 128)) bytes.push(0x80 | (number % 128));
    return [...bytes, number];
}

describe("A hostile frame of bytes", () => {
    const HOSTILE: Record<string, Buffer> = {
        "has no messages behind its header, but text": frame([], "text"),
        "announces a billion items": frame([0, ...arrayOf(1e9)]),
        "has 10 000 arrays inside each other that announce 16 000 items each": frame(
            Buffer.from([0, ...new Array<number[]>(10_000).fill(arrayOf(16_000)).flat()]),
        ),
        "has more than 1000 levels": frame([0, ...new Array<number[]>(1001).fill(arrayOf(1)).flat(), 0]),
        "has a string without its text": frame([0, 0xbf]),
        "has an unknown kind of message": frame([7]),
        "refers to an object that it does not have": frame([0x40, 0xd9, 5]),
        "has a shape that it does not define": frame([0, 0xe0, 1]),
        "has the type of a message of the library": frame([0x80, 1, 11], "SockhopPing"),
        "has a BigInt of no digits": frame([0, 0xd1, 1], "x"),
        "has a RegExp that cannot be compiled": frame([0, 0xd6, 1, 0], "("),
    };
    for (const [what, bytes] of Object.entries(HOSTILE)) {
        it(`is one error, and the connection goes on, if it ${what}`, async () => {
            const peer = await greeted();
            await send(peer, bytes);
            expect(peer.values).to.deep.equal(["ok"]);
            expect(peer.errors).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
            expect(peer.s.sessions[0]?.codec).to.equal("binary");
        });
    }

    it("of random bytes does no harm", () => {
        const buffer = new ObjectBuffer({ codec: "binary", allow_non_objects: true });
        buffer.on("error", () => undefined);
        const values = [{ a: 1, b: ["x", { c: null }] }, new Map([[1, new Date(0)]]), [1.5, -1, 1e9, Buffer.from("é")]];
        const samples = values.map((value) => buffer.obj2buf(value)!);
        fc.assert(
            fc.property(
                fc.constantFrom(...samples),
                fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 }),
                (sample, changes) => {
                    const bytes = Buffer.from(sample);
                    for (const [at, byte] of changes) bytes[11 + (at % (bytes.length - 11))] = byte;
                    buffer.buf2obj(bytes);
                    expect(Object.keys(Object.prototype)).to.deep.equal([]);
                    expect(buffer.buf2obj(samples[0]!)).to.deep.equal([values[0]]);
                },
            ),
            { numRuns: 2000 },
        );
    });

    it("delivers the messages before its fault", async () => {
        const peer = await greeted();
        await send(peer, frame([0, 5, 0, 0xd9, 9]));
        expect(peer.values).to.deep.equal([5, "ok"]);
    });

    it("above max_message_size closes the connection when its header arrives", async () => {
        const { s, peer, errors } = await greeted({ max_message_size: 1000 });
        const closed = new Promise<string>((resolve) => s.once("disconnect", (_1, _2, { code }) => resolve(code)));
        const header = Buffer.from(GOOD.subarray(0, 11));
        header.writeUInt32LE(100_000, 2);
        peer.write(header);
        expect(await closed).to.equal("MESSAGE_TOO_LARGE");
        expect(errors).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
    });

    it("uses at most four times the memory of what has arrived, whatever it announces", () => {
        const buffer = new ObjectBuffer({ codec: "binary" });
        const header = Buffer.from([0xff, 1, 0, 0, 0, 4, 0, 0, 0, 0, 4]); // 64 MiB
        const before = process.memoryUsage().arrayBuffers;
        buffer.buf2obj(header);
        for (let n = 0; n < 10; n++) buffer.buf2obj(Buffer.alloc(10_000));
        expect(process.memoryUsage().arrayBuffers - before).to.be.below(2_000_000);
    });

    it("has at least 11 bytes: with a smaller size these are one error", async () => {
        for (const size of [0, 4]) {
            const end = await greeted();
            const bytes = frame([]);
            bytes.writeUInt32LE(size, 2);
            await send(end, bytes);
            expect(end.values).to.deep.equal(["ok"]);
            expect(end.errors).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
        }
    });

    it("before an agreement is not decoded", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const [values, errors]: [unknown[], string[]] = [[], []];
        s.on("receive", (value) => values.push(value));
        s.on("error", (error) => errors.push(error.message));
        const peer = await raw(s);
        const arrived = new Promise((resolve) => s.once("receive", resolve));
        peer.write(Buffer.concat([GOOD, Buffer.from('{"type":"Number","data":1}\n')]));
        await arrived;
        expect(values).to.deep.equal([1]);
        expect(errors)
            .to.have.length(1)
            .and.to.match(/no codec was agreed on/);
    });
});

describe("Values of a peer with the codec", () => {
    class Widget {
        static made = 0;
        constructor() {
            Widget.made += 1;
        }
        set name(_name: string) {
            Widget.made += 1;
        }
    }

    class Checked {
        static fromJSON(data: { a?: unknown }): Checked {
            if (data.a !== 1) throw new TypeError("a must be 1");
            return new Checked();
        }
    }

    /** Object of a class with one member. */
    const instance = (className: string, key: string): Buffer => {
        const shape = `${className}\0${key}`;
        return frame([0, 0xc8, shape.length, 5], shape);
    };

    it("construct no class, and call no setter", async () => {
        const peer = await greeted({ classes: [Widget] });
        await send(peer, instance("Widget", "name"));
        expect(peer.values[0]).to.be.an.instanceOf(Widget);
        expect(Object.entries(peer.values[0] as object)).to.deep.equal([["name", 5]]);
        expect(Widget.made).to.equal(0);
    });

    it("are plain objects for names that are not in the option classes", async () => {
        const peer = await greeted({ classes: [Widget] });
        await send(peer, ...["constructor", "__proto__", "Array", "Wodget"].map((name) => instance(name, "a")));
        for (const value of peer.values.slice(0, -1)) {
            expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
            expect(value).to.deep.equal({ a: 5 });
        }
    });

    it("have __proto__ as an ordinary member", async () => {
        const peer = await greeted();
        await send(peer, instance("Object", "__proto__"));
        expect(Object.getPrototypeOf(peer.values[0])).to.equal(Object.prototype);
        expect(Object.entries(peer.values[0] as object)).to.deep.equal([["__proto__", 5]]);
    });

    it("that fromJSON refuses are one error, and are not delivered", async () => {
        const peer = await greeted({ classes: [Checked] });
        await send(peer, instance("Checked", "a"));
        expect(peer.values).to.deep.equal(["ok"]);
        expect(peer.errors).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
    });

    it("can have more paths than bytes", async () => {
        const { s, c } = await pair({ codec: "binary" });
        let value: unknown[] = [];
        for (let n = 0; n < 100; n++) value = [value, value];
        const arrived = once(s, "receive");
        await c.send(value);
        const [[left, right]] = (await arrived) as [[unknown, unknown]];
        expect(left).to.equal(right);
        expect(c.stats.bytes_sent).to.be.below(1500);
    });

    it("have the stack of an Error only with error_stacks", async () => {
        for (const error_stacks of [false, true]) {
            const { s, c } = await pair({ codec: "binary" }, { codec: "binary", error_stacks });
            const arrived = once(s, "receive");
            await c.send(new Error("why"));
            const [error] = (await arrived) as [Error];
            expect(error.stack?.includes("codecs.test.ts")).to.equal(error_stacks);
        }
    });
});

describe("Values that a codec cannot express", () => {
    it("are rejected by binary, with their path, and the next one is sent", async () => {
        const { s, c } = await pair({ codec: "binary" });
        const error = await c.send({ a: [1, { b: () => 1 }] }).catch((reason: unknown) => reason as SockhopError);
        expect(error).to.include({ code: "ERR_BAD_DATA" });
        expect((error as SockhopError).message).to.equal("This value cannot be sent: a function, at .a[1].b");
        const arrived = once(s, "receive");
        await c.send(new Map([["a", 1n]]));
        expect((await arrived)[0]).to.deep.equal(new Map([["a", 1n]]));
    });

    it("fail alone in sendall(), and the other clients have the message", async () => {
        const { s, c } = await pair({ codec: "binary" });
        const plain = client(placeOf(s));
        const accepted = once(s, "connect");
        await plain.connect();
        await accepted;
        const arrived = once(c, "receive");
        const error = await s.sendall(5n).catch((reason: unknown) => reason as SockhopError);
        expect((await arrived)[0]).to.equal(5n);
        expect((error as SockhopError).code).to.equal("ERR_BAD_DATA");
        expect((error as SockhopError).failures?.map(({ socket }) => socket)).to.deep.equal([s.sockets[1]]);
    });

    it("throw in the callback of a message from a client without the codec", async () => {
        const { s, c } = await pair({ codec: "binary" }, {});
        const thrown = new Promise<SockhopError>((resolve) => {
            s.on("receive", (_value, { callback }) => {
                try {
                    callback?.({ id: 10n });
                } catch (error) {
                    resolve(error as SockhopError);
                }
            });
        });
        await c.send("x", () => undefined);
        expect((await thrown).code).to.equal("ERR_BAD_DATA");
    });

    it("fail the request if they are the result of a handler", async () => {
        const { s, c } = await pair({ codec: "binary" }, {});
        const emitted = new Promise((resolve) => s.once("error", resolve));
        s.handle("String", () => 10n);
        const error: unknown = await c.ask("x").catch((reason: unknown) => reason as SockhopError);
        expect(error).to.include({ code: "ERR_REQUEST_FAILED" });
        expect(await emitted).to.include({ code: "ERR_BAD_DATA" });
    });
});

describe("A client with a codec", () => {
    it("delivers its greeting and its ping to a server of json peers", async () => {
        const s = server({ peer_type: "json" });
        await s.listen();
        const values: object[] = [];
        const both = new Promise<void>((resolve) => {
            s.on("receive", (value: unknown) => {
                if (values.push(value as object) === 2) resolve();
            });
        });
        const c = client({ ...placeOf(s), codec: "binary" });
        await c.connect();
        await both;
        expect(values.map((value) => (value as { type: string }).type)).to.deep.equal(["SockhopPong", "SockhopPing"]);
    });

    it("has the codec json when connect() resolves, and another after the first message", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const c = client({ ...placeOf(s), codec: "binary" });
        await c.connect();
        expect(c.codec).to.equal("json");
        await c.send("x");
        expect(c.codec).to.equal("binary");
    });

    it("counts its greeting, and the ping behind it", async () => {
        const { s, c } = await pair({ codec: "binary" });
        const arrived = once(s, "receive");
        await c.send("x");
        await arrived;
        expect(c.stats).to.include({ messages_sent: 3, messages_received: 2 });
        expect(s.stats).to.include({ messages_sent: 2, messages_received: 3 });
    });
});
