import { expect } from "chai";
import { sent, wires } from "./support";
import { assertSame } from "./values";

/** An array without items, which costs no memory. */
function holes(length: number): unknown[] {
    const array: unknown[] = [];
    array.length = length;
    return array;
}

describe("codec binary › a message that is too large", () => {
    const large: Record<string, [maxSize: number, value: unknown]> = {
        "has a sparse array": [1e6, holes(4e9)],
        "has a sparse array below other values": [1e6, { a: [new Map([[1, holes(2 ** 32 - 1)]])] }],
        "has a sparse array, without a limit": [Infinity, [holes(4e9)]],
        "has several sparse arrays": [1e6, [holes(600_000), holes(600_000)]],
        "has a long string": [1e6, ["x".repeat(2e6)]],
        "has a long key": [1e6, { ["x".repeat(2e6)]: 1 }],
        "has a text longer than a string can be": [2 ** 31, new Array(60).fill("x".repeat(1e7))],
        "has such a text, without a limit": [Infinity, { a: new Array(60).fill("x".repeat(1e7)) }],
    };
    for (const [name, [maxSize, value]] of Object.entries(large)) {
        it(`is refused at once if it ${name}`, () => {
            const { client } = wires({ maxSize });
            const start = process.cpuUsage().user;
            expect(() => client.encodeMessage(value))
                .to.throw("is larger than")
                .with.property("code", "ERR_MESSAGE_TOO_LARGE");
            expect(process.cpuUsage().user - start).to.be.below(5e6); // microseconds
        });
    }

    it("is named by its type, and by the path of a part that is too large alone", () => {
        class Large {
            constructor(readonly a: unknown) {}
        }
        const { client } = wires({ maxSize: 1000 });
        const texts: [value: unknown, text: RegExp][] = [
            [new Large([1, { b: holes(4e9) }]), /^A message \(Large\) .* \(1000 bytes\), at \.a\[1\]\.b$/],
            [{ a: [Buffer.alloc(2000)] }, /^A message \(Object\) .* \(1000 bytes\), at \.a\[0\]$/],
            [
                new Large(new Map([["b", "x".repeat(2000)]])),
                /^A message \(Large\) .* \(1000 bytes\), at \.a\.get\("b"\)$/,
            ],
            [[{ a: new Array(2000).fill(0.1) }], /^A message \(Array\) .* \(1000 bytes\), at \[0\]\.a$/],
            ["x".repeat(2000), /^A message \(String\) .* \(1000 bytes\)$/],
            [{ a: "x".repeat(600), b: "x".repeat(600) }, /^A message \(Object\) .* \(1000 bytes\)$/],
        ];
        for (const [value, text] of texts) expect(() => client.encodeMessage(value)).to.throw(text);
    });

    it("is not one at the limit", () => {
        // Kind of the message, kind of the value, three bytes for the length.
        for (const length of [100_000, 16_384]) {
            const limits = { maxSize: length + 5 };
            expect(sent("x".repeat(length), limits)).to.have.length(length);
            expect(() => sent("x".repeat(length + 1), limits)).to.throw("is larger than max_message_size");
            assertSame(sent(holes(length), limits), holes(length));
            expect(() => sent(holes(length + 1), limits)).to.throw("is larger than max_message_size");
        }
    });
});

describe("codec binary › levels of a value", () => {
    const nested = (wrap: (inner: unknown) => unknown, levels: number): unknown => {
        let value: unknown = 1;
        for (let n = 0; n < levels; n++) value = wrap(value);
        return value;
    };
    const wraps: Record<string, (inner: unknown) => unknown> = {
        arrays: (inner) => [inner],
        "objects with toJSON()": (inner) => ({ toJSON: () => ({ inner }) }),
        "errors with toJSON()": (inner) => Object.assign(new Error("x"), { toJSON: () => [inner] }),
        errors: (inner) => new Error("x", { cause: inner }),
    };
    for (const [name, wrap] of Object.entries(wraps)) {
        it(`can be 1000 ${name}`, () => {
            sent(nested(wrap, 1000));
            expect(() => sent(nested(wrap, 1001))).to.throw("it has more than 1000 levels");
        });
    }

    it("can be 500 instances with toJSON(), whose results are levels of their own", () => {
        class Link {
            constructor(readonly inner: unknown) {}
            toJSON(): object {
                return { inner: this.inner };
            }
        }
        const wrap = (inner: unknown): Link => new Link(inner);
        sent(nested(wrap, 500));
        expect(() => sent(nested(wrap, 501))).to.throw("it has more than 1000 levels");
    });
});
