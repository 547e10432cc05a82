import { expect } from "chai";
import { SockhopError } from "../../../src";
import { classRegistry } from "../../../src/codec/classes";
import type { Message } from "../../../src/protocol/Message";
import { integerOf } from "../../support/integerOf";
import { commit, decoded, format, sent, taken, wires } from "./support";

/** Text of the error of a value that cannot be sent. */
function fault(value: unknown): string {
    try {
        format().encodeShared(value);
    } catch (error) {
        expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_BAD_DATA");
        return (error as SockhopError).message;
    }
    return "none";
}

/** What a receiver with the same options has of a value. */
function received(value: unknown): unknown {
    const { client, server } = wires();
    commit(client, client.encodeMessage(value));
    const [message] = decoded(server, taken(client));
    expect(message).to.have.property("kind", "message");
    return (message as Message).data;
}

/** Number of large objects that a message of 1 MiB can have. */
const MAX = 2 ** 20 / 16;

describe("Bounds of a receiver", () => {
    const makers: Record<string, () => object> = {
        Maps: () => new Map(),
        Sets: () => new Set(),
        Buffers: () => Buffer.alloc(0),
        ArrayBuffers: () => new ArrayBuffer(0),
        DataViews: () => new DataView(new ArrayBuffer(0)),
        Errors: () => new RangeError(""),
        RegExps: () => /x/,
        URLs: () => new URL("a:"),
    };
    for (const [what, make] of Object.entries(makers)) {
        it(`are those of a sender: number of ${what}`, () => {
            const many = Array.from({ length: MAX }, make);
            expect(received(many)).to.have.lengthOf(MAX);
            expect(fault([...many, make()])).to.equal(
                `This value cannot be sent: more than ${MAX} Maps, Sets, binary values, RegExps, URLs and Errors ` +
                    `(one for 16 bytes of max_message_size), at [${MAX}]`,
            );
        });
    }

    it("are counted for each message, also after one that was refused", () => {
        const { client, server } = wires();
        const many = Array.from({ length: MAX }, () => new Set());
        expect(() => client.encodeMessage([many, new Set()])).to.throw(SockhopError);
        for (let n = 0; n < 2; n++) {
            commit(client, client.encodeMessage(many));
            expect(decoded(server, taken(client))[0]).to.have.nested.property("data.length", MAX);
        }
    });

    it("are those of a sender: BigInts with the same low bits", () => {
        const alike = (count: number, sign = 1n): bigint[] =>
            Array.from({ length: count }, (_, n) => sign * (BigInt(n + 1) << 64n));
        const entries = (keys: bigint[]): [bigint, bigint][] => keys.map((key) => [key, 2n ** 64n]);
        expect(received(new Set(alike(16)))).to.have.property("size", 16);
        expect(received(new Map(entries(alike(16, -1n))))).to.have.property("size", 16);
        expect(received(new Set(Array.from({ length: 100 }, (_, n) => (1n << 64n) + BigInt(n))))).to.have.property(
            "size",
            100,
        );
        const reason = "This value cannot be sent: too many numbers with the same hash";
        expect(fault({ a: new Set(alike(17)) })).to.equal(`${reason}, at .a.values()[16]`);
        expect(fault(new Map(entries(alike(17, -1n))))).to.equal(`${reason}, at .keys()[16]`);
    });

    it("are those of a sender: numbers with the same hash", () => {
        const alike = (count: number): number[] => Array.from({ length: count }, (_, n) => integerOf(n << 16));
        const reason = "This value cannot be sent: too many numbers with the same hash";
        expect(received(new Set(alike(320)))).to.have.property("size", 320);
        expect(fault({ a: new Set(alike(321)) })).to.equal(`${reason}, at .a.values()[320]`);
        expect(fault(new Map(alike(321).map((key) => [key, 1])))).to.equal(`${reason}, at .keys()[320]`);
    });

    describe("of numbers that are written for objects", () => {
        class Money {
            constructor(readonly cents: unknown) {}
            toJSON(): unknown {
                return this.cents;
            }
        }
        const kinds: Record<string, (value: number | bigint) => unknown> = {
            "results of toJSON()": (value) => new Money(value),
            "results of toJSON() that are boxed": (value) => new Money(Object(value)),
            "results of toJSON() of plain objects": (value) => ({ toJSON: () => value }),
            "boxed numbers": (value) => Object(value) as unknown,
        };
        for (const [what, make] of Object.entries(kinds)) {
            it(`are those of a sender: ${what}`, () => {
                const reason = "This value cannot be sent: too many numbers with the same hash";
                const small = (n: number): unknown => make(integerOf(n << 16));
                const large = (n: number): unknown => make(BigInt(n + 1) << 64n);
                const sequence = (length: number, of: (n: number) => unknown): unknown[] =>
                    Array.from({ length }, (_, n) => of(n));
                expect(received(new Set(sequence(320, small)))).to.have.property("size", 320);
                expect(fault(new Set(sequence(321, small)))).to.equal(`${reason}, at .values()[320]`);
                expect(received(new Map(sequence(16, large).map((key) => [key, 1])))).to.have.property("size", 16);
                expect(fault(new Map(sequence(17, large).map((key) => [key, 1])))).to.match(
                    /too many .*keys\(\)\[16]$/,
                );
            });

            it(`do not apply to repetitions: ${what}`, () => {
                const values = Array.from({ length: 1000 }, (_, n) => make(n % 3));
                expect(received(new Set(values))).to.deep.equal(new Set([0, 1, 2]));
                expect(received(new Set([0, 2, 5, ...values]))).to.deep.equal(new Set([0, 1, 2, 5]));
                expect(received(new Map(values.map((key, n) => [key, n])))).to.deep.equal(
                    new Map([
                        [0, 999],
                        [1, 997],
                        [2, 998],
                    ]),
                );
                const wei = Array.from({ length: 100 }, () => make(10n ** 20n));
                expect(received(new Set(wei))).to.deep.equal(new Set([10n ** 20n]));
            });
        }

        it("do not apply to numbers of which fromJSON() makes instances", () => {
            class Wei extends Money {
                static fromJSON(cents: bigint): Wei {
                    return new Wei(cents);
                }
            }
            const set = new Set(Array.from({ length: 17 }, (_, n) => new Wei(BigInt(n + 1) << 64n)));
            expect(sent(set, { classes: classRegistry([Wei]) })).to.have.property("size", 17);
            expect(fault(set)).to.match(/too many numbers with the same hash/);
        });

        it("do not apply to numbers inside of the objects", () => {
            const inner = (n: number): unknown => ({ a: new Money(integerOf(n << 16)), b: new Set([Object(n)]) });
            const values = Array.from({ length: 400 }, (_, n) => inner(n));
            expect(received(new Set(values))).to.have.property("size", 400);
        });
    });

    it("are those of a sender: numbers that toJSON() makes of BigInts", () => {
        const prototype = BigInt.prototype as unknown as { toJSON?: () => unknown };
        prototype.toJSON = function (this: bigint) {
            return integerOf(Number(this) << 16);
        };
        try {
            const set = new Set(Array.from({ length: 321 }, (_, n) => BigInt(n)));
            expect(fault(set)).to.match(/too many numbers with the same hash, at .values\(\)\[320]$/);
        } finally {
            delete prototype.toJSON;
        }
    });

    it("do not apply to BigInts that toJSON() replaces", () => {
        const prototype = BigInt.prototype as unknown as { toJSON?: () => string };
        prototype.toJSON = function (this: bigint) {
            return this.toString();
        };
        try {
            expect(received(new Set(Array.from({ length: 17 }, (_, n) => BigInt(n + 1) << 64n)))).to.have.property(
                "size",
                17,
            );
        } finally {
            delete prototype.toJSON;
        }
    });

    it("are those of a sender: length of the name of a class", () => {
        class Long extends Map {}
        Object.defineProperty(Long, "name", { value: "L".repeat(1025) });
        expect(fault(new Long())).to.equal("This value cannot be sent: a class whose name is too long");
    });
});
