import { expect } from "chai";
import fc from "fast-check";
import { SockhopError } from "../../../src";
import { pathText } from "../../../src/codec/errors";
import { findFault } from "../../../src/codec/json/findFault";
import { toJson } from "../../../src/codec/json/stringify";

/** Text of the error of a value, without its beginning. */
function refusal(value: unknown): string {
    try {
        toJson(value);
    } catch (error) {
        expect(error).to.be.an.instanceof(SockhopError).with.property("code", "ERR_BAD_DATA");
        const { message } = error as Error;
        expect(message).to.match(/^This value cannot be sent: [^\n]+$/);
        return message.slice("This value cannot be sent: ".length);
    }
    throw new Error("the value was not refused");
}

function canStringify(value: unknown): boolean {
    try {
        return JSON.stringify(value) !== "";
    } catch {
        return false;
    }
}

function throwing(thrown: unknown): object {
    return {
        toJSON(): never {
            throw thrown; // eslint-disable-line @typescript-eslint/only-throw-error -- any value
        },
    };
}

/** Value that contains another one at a path. */
function nested(path: readonly (string | number)[], value: unknown): unknown {
    return path.reduceRight<unknown>((inner, key) => {
        return typeof key === "number" ? [...Array<number>(key).fill(0), inner] : { before: 1, [key]: inner };
    }, value);
}

describe("findFault()", () => {
    it("finds a BigInt, also as an object, and in an array of them", () => {
        expect(refusal({ a: [0, 1, 2, { b: 1n }] })).to.equal("a BigInt, at .a[3].b");
        expect(refusal([Object(1n)])).to.equal("a BigInt, at [0]");
        expect(refusal({ ids: new BigUint64Array(2) })).to.equal("a BigInt, at .ids[0]");
        expect(refusal({ get id() { return 1n; } })).to.equal("a BigInt, at .id"); // prettier-ignore
        expect(refusal({ a: { toJSON: () => [1n] } })).to.equal("a BigInt, at .a[0]");
        expect(refusal(1n)).to.equal("a BigInt");
    });

    it("finds an array that is too long", () => {
        const items: unknown[] = [];
        items.length = 2 ** 32 - 1;
        const fault = findFault({ a: [1, items] });
        expect(fault).to.deep.equal({ reason: "an array that is too long", path: ["a", 1] });
    });

    it("finds a cycle, and both of its ends", () => {
        const self: Record<string, unknown> = {};
        self["self"] = self;
        expect(refusal(self)).to.equal("a cycle: .self is the value itself");
        expect(refusal([{ self }])).to.equal("a cycle: [0].self.self is [0].self");
        const parent = { child: [{ parent: {} }] };
        parent.child.push({ parent });
        expect(refusal({ family: parent })).to.equal("a cycle: .family.child[1].parent is .family");
    });

    it("does not take a shared object for a cycle", () => {
        const shared = { n: 1 };
        expect(refusal({ a: shared, b: [shared, shared], c: 1n })).to.equal("a BigInt, at .c");
    });

    it("finds the member whose getter, toJSON or valueOf throws, whatever it throws", () => {
        expect(refusal({ user: throwing(new Error("no\n user")) })).to.equal("no user, at .user");
        expect(refusal(throwing(new Error("no user")))).to.equal("no user");
        expect(refusal({ a: [{ get b(): never { throw new Error("a getter"); } }] })).to.equal("a getter, at .a[0].b"); // prettier-ignore
        const odd = { valueOf: () => { throw new Error("no number"); } }; // prettier-ignore
        expect(refusal([Object.assign(Object(1) as object, odd)])).to.equal("no number, at [0]");
        for (const thrown of [undefined, null, 5, "text", Object.create(null), Symbol("s")]) {
            expect(refusal({ a: throwing(thrown) })).to.match(/, at \.a$/);
        }
    });

    it("finds a Proxy that throws", () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        expect(refusal({ list: [proxy] })).to.match(/revoked, at \.list\[0\]$/);
        expect(refusal(proxy)).to.match(/revoked$/);
        const keyless = new Proxy({}, { ownKeys: () => { throw new Error("no keys"); } }); // prettier-ignore
        expect(refusal({ a: 1, keyless })).to.equal("no keys, at .keyless");
    });

    it("names the levels of a value that is nested too deeply", () => {
        let deep: unknown = 0;
        for (let n = 0; n < 100_000; n++) deep = n % 2 === 0 ? { a: deep } : [deep];
        // From Node 26 on, JSON.stringify() has no limit for levels without toJSON().
        if (!canStringify(deep)) {
            expect(refusal(deep)).to.match(/^more than 1000 levels of objects, at \[0\]\.a.{1,50} … .{1,50}$/);
        }
        const endless = { toJSON: () => ({ endless }) };
        expect(refusal(endless)).to.match(/^more than 1000 levels/);
    });

    it("works when the stack is nearly exceeded, or leaves out the path", () => {
        const results: string[] = [];
        const recurse = (): void => {
            try {
                recurse();
            } finally {
                if (results.length < 100) {
                    try {
                        results.push(refusal({ a: [{ b: 1n }] }));
                    } catch {
                        // There is no stack for the call.
                    }
                }
            }
        };
        expect(recurse).to.throw(RangeError);
        expect(results.at(-1)).to.equal("a BigInt, at .a[0].b");
    });

    it("is bounded for large values", () => {
        const list = [...Array<number>(1_000_000).fill(0), 1n];
        expect(refusal(list)).to.match(/^Do not know how to serialize a BigInt$/);
        expect(refusal({ a: new Float64Array(200_000), b: 1n })).to.equal("a BigInt, at .b");
    });

    it("never throws if the value is another one at each reading", () => {
        let reads = 0;
        const value = {
            get a(): unknown {
                reads += 1;
                if (reads % 2 === 1) throw new Error("the first time only");
                return 1;
            },
        };
        expect(refusal(value)).to.equal("the first time only");
        let calls = 0;
        const late = { a: { toJSON: () => { calls += 1; if (calls === 1) return 1n; throw new Error("later"); } } }; // prettier-ignore
        expect(refusal(late)).to.match(/BigInt, at \.a$/);
    });

    const keys = fc.oneof(fc.nat(5), fc.constantFrom("a", "b c", "__proto__", "constructor", "é", ""), fc.string());

    it("finds a BigInt at any path", () => {
        fc.assert(
            fc.property(fc.array(keys, { maxLength: 12 }), (path) => {
                expect(findFault(nested(path, 1n))).to.deep.equal({ reason: "a BigInt", path });
                expect(findFault(nested(path, throwing(1)))).to.deep.equal({ reason: undefined, path });
            }),
        );
    });

    it("finds nothing in a value that JSON.stringify accepts, and does not throw for any other", () => {
        const values = fc.anything({
            withBigInt: true,
            withBoxedValues: true,
            withMap: true,
            withNullPrototype: true,
            withSparseArray: true,
            withTypedArray: true,
        });
        fc.assert(
            fc.property(values, (value) => {
                let isAccepted = true;
                try {
                    JSON.stringify(value);
                } catch {
                    isAccepted = false;
                }
                expect(findFault(value) === undefined).to.equal(isAccepted);
            }),
            { numRuns: 500 },
        );
    });
});

describe("pathText()", () => {
    it("writes a path as in a program", () => {
        expect(pathText([])).to.equal("");
        expect(pathText(["a", 3, "b", "$c", "_d", "größe"])).to.equal(".a[3].b.$c._d.größe");
        expect(pathText(["a b", "0", "", 'quote"', "line\n"])).to.equal('["a b"]["0"][""]["quote\\""]["line\\n"]');
    });

    it("is short and one line for any path", () => {
        fc.assert(
            fc.property(fc.array(fc.oneof(fc.nat(), fc.string({ unit: "binary" })), { maxLength: 100 }), (path) => {
                const text = pathText(path);
                expect(text).to.not.match(/[\n\r]/);
                expect(text.length).to.be.below(16 * 250);
            }),
            { numRuns: 30 },
        );
        expect(pathText(Array<number>(1000).fill(7))).to.equal(`${"[7]".repeat(8)} … ${"[7]".repeat(8)}`);
        expect(pathText(["k".repeat(1000)])).to.equal(`["${"k".repeat(40)}"…]`);
    });
});
