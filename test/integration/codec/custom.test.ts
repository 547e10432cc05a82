import { expect } from "chai";
import { once } from "node:events";
import { ObjectBuffer, type SockhopError } from "../../../src";
import { client, pair, placeOf, server } from "../../support/pair";

/** Codec for bytes, whose values are views of what it gets, as those of msgpackr and `v8.deserialize()` are. */
const VIEWS = {
    name: "views",
    encode: (value: unknown) => value as Uint8Array,
    decode: (bytes: Buffer) => bytes,
};

describe("decode() of a codec of the program", () => {
    for (const size of [10, 5000, 300_000]) {
        it(`can return a view of its bytes, which does not change later, of ${size} bytes`, async () => {
            const { s, c } = await pair({ codec: VIEWS });
            await once(c, "codec");
            const received: Record<"s" | "c", Buffer[]> = { s: [], c: [] };
            s.on("receive", (value: Buffer) => received.s.push(value));
            c.on("receive", (value: Buffer) => received.c.push(value));
            const sent = [1, 2, 3].map((n) => Buffer.alloc(size, n));
            for (const bytes of sent) {
                await Promise.all([c.send(bytes), s.sendall(bytes)]);
                await Promise.all([c.flush(), s.sessions[0]!.flush()]);
            }
            expect(received).to.deep.equal({ s: sent, c: sent });
        });
    }
});

describe("Messages that wait for a codec of the program", () => {
    it("are not decoded by the end that sends them", async () => {
        const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
        const decode = (bytes: Buffer): unknown => JSON.parse(bytes.toString());
        const decodeReply = (bytes: Buffer): unknown => {
            const value = decode(bytes);
            if (value !== "reply") throw new TypeError("not a reply");
            return value;
        };
        const { s, c } = await pair(
            { codec: { name: "text", encode, decode } },
            { codec: { name: "text", encode, decode: decodeReply } },
        );
        const received: unknown[] = [];
        s.on("receive", (value, { type, callback }) => {
            received.push([type, value]);
            callback?.("reply");
        });
        s.handle("Job", (job) => {
            received.push(job);
            return "reply";
        });
        expect(c.codec).to.equal("json");
        const called = new Promise((resolve) => void c.send([2], resolve as never, { failed: resolve }));
        const sent = c.send("first");
        expect(await Promise.all([called, c.ask([3], { type: "Job" }), sent])).to.deep.equal([
            "reply",
            "reply",
            undefined,
        ]);
        expect(received).to.deep.equal([["Array", [2]], ["String", "first"], [3]]);
        expect(c.codec).to.equal("text");
    });
});

describe("An exception of decode() is the cause of the error", () => {
    const cause = new TypeError("not a value");
    const codec = {
        name: "failing",
        encode: () => Buffer.of(1),
        decode: (): never => {
            throw cause;
        },
    };

    it("of an ObjectBuffer", () => {
        const buffer = new ObjectBuffer({ codec });
        const errors: SockhopError[] = [];
        buffer.on("error", (error: SockhopError) => errors.push(error));
        buffer.buf2obj(buffer.obj2buf({})!);
        expect(errors.map((error) => error.cause)).to.deep.equal([cause]);
    });

    it("of a message that waits, and whose connection has no codec", async () => {
        const s = server();
        await s.listen();
        const c = client({ codec, ...placeOf(s) });
        await c.connect();
        const error = await c.send({}).catch((reason: unknown) => reason);
        expect(error).to.include({ code: "ERR_BAD_DATA", cause });
    });
});

describe("A Promise, with a codec of the program", () => {
    it("is refused as a message, a reply and a response", async () => {
        const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
        const { s, c } = await pair({ codec: { name: "text", encode, decode: () => "decoded" } });
        await c.flush();
        const promise = Promise.resolve("value");
        const errors: unknown[] = [];
        const report = (error: unknown): void => void errors.push((error as SockhopError).code);
        s.on("receive", (_value, { callback }) => {
            expect(() => callback?.(promise))
                .to.throw("Is await missing?")
                .with.property("code", "ERR_BAD_DATA");
            callback?.("reply");
        });
        s.on("request", (_request, response) => {
            void response
                .send(promise)
                .catch(report)
                .then(() => response.send("response"));
        });
        await c.send(promise).catch(report);
        await new Promise((resolve) => void c.send("call", resolve as never));
        await c.ask("request");
        expect(errors).to.deep.equal(["ERR_BAD_DATA", "ERR_BAD_DATA"]);
    });
});
