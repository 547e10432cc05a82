import { expect } from "chai";
import { once } from "node:events";
import type { ServerOptions } from "../../../src";
import { client, pair, server } from "../../support/pair";

class Picky {
    constructor(public data?: unknown) {}

    static fromJSON(data: unknown): Picky {
        if ((data as { ok?: boolean }).ok !== true) throw new TypeError("not ok");
        return new Picky(data);
    }
}

const JSON_CODEC = {
    name: "picky",
    encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
    decode: (bytes: Buffer) => {
        if (bytes.includes("bad")) throw new TypeError("not ok");
        return JSON.parse(bytes.toString()) as unknown;
    },
};

const BAD = { ok: false, text: "bad" };
const TYPE = { type: "Picky" } as const;

for (const [name, options] of [
    ["JSON lines", {}],
    ["the codec binary", { codec: "binary" }],
    ["a codec of the program", { codec: JSON_CODEC }],
] as [string, ServerOptions][]) {
    describe(`A value that its class or codec refuses, with ${name}`, () => {
        it("fails the request at once, and the handler does not run", async () => {
            const { s, c } = await pair({ ...options, classes: [Picky] }, options as object);
            if (options.codec) await once(c, "codec");
            s.on("error", () => undefined);
            s.handle("Picky", () => "handled");
            const error = (await c.ask(BAD, TYPE).catch((reason: unknown) => reason)) as Error & { code: string };
            expect(error.code, error.message).to.equal("ERR_REQUEST_FAILED");
            expect(error.message).to.include("not ok");
        });

        it("fails the request also if the reason is longer than the message of a failure", async () => {
            class Verbose {
                static fromJSON(): never {
                    throw new Error("x".repeat(10_000));
                }
            }
            const decode = (): never => Verbose.fromJSON();
            const failing = name === "a codec of the program" ? { codec: { ...JSON_CODEC, decode } } : options;
            const { s, c } = await pair({ ...failing, classes: [Verbose] }, options as object);
            if (options.codec) await once(c, "codec");
            s.on("error", () => undefined);
            s.on("request", () => expect.fail("it was delivered"));
            const error = (await c.ask(BAD, { type: "Verbose" }).catch((reason: unknown) => reason)) as {
                code: string;
            };
            expect(error.code).to.equal("ERR_REQUEST_FAILED");
        });

        it("fails a request whose response has it", async () => {
            const { s, c } = await pair(options, { ...(options as object), classes: [Picky] });
            c.on("error", () => undefined);
            s.handle("String", () => Object.assign(new (class Picky {})(), BAD));
            const error = (await c.ask("x").catch((reason: unknown) => reason)) as Error & { code: string };
            expect(error.code).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        });

        it("fails a call whose reply has it", async () => {
            const { s, c } = await pair(options, { ...(options as object), classes: [Picky] });
            c.on("error", () => undefined);
            s.on("receive", (_value, { callback }) => callback?.(Object.assign(new (class Picky {})(), BAD)));
            const failed = new Promise<{ code: string }>((resolve, reject) => {
                void c.send("x", (() => reject(new Error("replied"))) as never, { failed: resolve });
            });
            expect((await failed).code).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        });
    });
}

describe("codec_required", () => {
    for (const options of [
        { codec_required: true },
        { codec_required: true, codec: "json" },
        { codec_required: "yes", codec: "binary" },
        { codec_required: 1, codec: "binary" },
        { codec_required: true, codec: "binary", peer_type: "json" },
    ]) {
        it(`is refused if it could have no effect: ${JSON.stringify(options)}`, () => {
            for (const make of [client, server])
                expect(() => make(options as object))
                    .to.throw()
                    .with.property("code", "ERR_BAD_OPTION");
        });
    }

    it("ends connect({ wait: true }) if the server does not have the codec", async () => {
        const s = server();
        await s.listen();
        const c = client({ port: s.get_bound_port(), codec: "binary", codec_required: true });
        const error = await c.connect({ wait: true }).catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "ERR_CODEC");
    });
});

describe("The codec binary", () => {
    it("warns of an object whose contents it does not have", async () => {
        const { c } = await pair({ codec: "binary" });
        await once(c, "codec");
        const warned = once(process, "warning");
        await c.send({ params: new URLSearchParams("a=1") });
        expect(((await warned) as [Error])[0].message).to.equal(
            "The codec binary does not contain URLSearchParams: send String(params)",
        );
    });
});
