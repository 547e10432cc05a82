import { expect } from "chai";
import type { SockhopError } from "../../../src";
import { pair } from "../../support/pair";

class Limit {
    constructor(readonly bytes: number) {}
}

/** Error with data. */
function failing(data: unknown, code?: string): Error {
    return Object.assign(new Error("refused"), { data, ...(code !== undefined && { code }) });
}

/** Rejection of a promise. */
async function rejection(promise: Promise<unknown>): Promise<SockhopError> {
    const error: unknown = await promise.catch((reason: unknown) => reason);
    expect(error).to.have.property("code", "ERR_REQUEST_FAILED");
    return error as SockhopError;
}

const JSON_CODEC = {
    name: "own",
    encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
    decode: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
};

describe("The data of the error of a request", () => {
    it("arrives as it was with the codec binary", async () => {
        const { s, c } = await pair({ codec: "binary", classes: [Limit] });
        const data = {
            since: new Date(5),
            map: new Map([[1n, new Set(["a"])]]),
            bytes: Buffer.from("abc"),
            limit: new Limit(7),
            cause: new TypeError("inner"),
            none: undefined,
        };
        s.handle("Object", () => Promise.reject(failing(data, "E_LIMIT")));
        s.on("error", () => undefined);
        const error = await rejection(c.ask({}));
        expect(c.codec).to.equal("binary");
        const { remote } = error as { remote?: { code: unknown; data: typeof data } };
        expect(remote?.code).to.equal("E_LIMIT");
        expect(remote?.data.limit).to.be.instanceOf(Limit);
        expect(remote?.data.cause).to.be.instanceOf(TypeError);
        expect(remote?.data.cause.message).to.equal("inner");
        expect(remote?.data.bytes.toString()).to.equal("abc");
        const { cause: _cause, bytes: _bytes, ...rest } = remote?.data as typeof data;
        expect(rest).to.deep.equal({ since: data.since, map: data.map, limit: data.limit, none: undefined });
    });

    it("arrives as JSON expresses it with lines", async () => {
        const { s, c } = await pair();
        s.handle("Object", () => Promise.reject(failing({ since: new Date(0), call() {} }))); // eslint-disable-line @typescript-eslint/no-empty-function -- not called
        s.on("error", () => undefined);
        expect(await rejection(c.ask({}))).to.deep.nested.include({
            "remote.data": { since: "1970-01-01T00:00:00.000Z" },
        });
    });

    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    const throwing = {
        toJSON(): never {
            throw new Error("no JSON");
        },
    };
    const refused: readonly (readonly [string, object, unknown])[] = [
        ["a function, with the codec binary", { codec: "binary" }, { call: () => 1 }],
        ["a WeakMap, with the codec binary", { codec: "binary" }, new WeakMap()],
        ["a toJSON() that throws, with the codec binary", { codec: "binary" }, throwing],
        ["a toJSON() that throws, with lines", {}, throwing],
        ["a BigInt, with lines", {}, 1n],
        ["a cycle, with lines", {}, cyclic],
        ["a cycle, with a codec of the program", { codec: JSON_CODEC }, cyclic],
    ];
    for (const [what, options, data] of refused) {
        it(`is left out if it cannot be sent: ${what}`, async () => {
            const { s, c } = await pair(options);
            s.handle("Object", () => Promise.reject(failing(data, "E_X")));
            s.handle("Array", () => Promise.reject(failing(data)));
            s.on("error", () => undefined);
            expect(await rejection(c.ask({}))).to.deep.include({ remote: { message: "refused", code: "E_X" } });
            expect(await rejection(c.ask([]))).to.deep.include({ remote: { message: "refused" } });
        });
    }

    it("is left out if it is too large", async () => {
        const { s, c } = await pair({ codec: "binary", max_message_size: 10_000 });
        s.handle("Object", () => Promise.reject(failing(Buffer.alloc(20_000))));
        s.on("error", () => undefined);
        expect(await rejection(c.ask({}))).to.deep.include({ remote: { message: "refused" } });
    });

    it("fails the request with another error if a class of the requester refuses it", async () => {
        class Refusing {
            static fromJSON(): never {
                throw new TypeError("never");
            }
        }
        const { s, c } = await pair({ codec: "binary", classes: [Refusing] });
        s.handle("Object", () => Promise.reject(failing({ value: new Refusing() })));
        s.on("error", () => undefined);
        c.on("error", () => undefined);
        const error: unknown = await c.ask({}).catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
    });
});
