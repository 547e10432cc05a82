import { expect } from "chai";
import { HashCounts } from "../../../src/codec/binary/HashCounts";
import { integerOf } from "../../support/integerOf";

/** Number of the items that are accepted, up to the first that is not. */
function accepted(items: Iterable<unknown>): number {
    const checked: unknown[] = [];
    const counts = new HashCounts(() => checked);
    let count = 0;
    for (const item of items) {
        if (counts.check(item) === "refused") return count;
        checked.push(item);
        count += 1;
    }
    return count;
}

function sequence(length: number, make: (n: number) => unknown): unknown[] {
    return Array.from({ length }, (_, n) => make(n));
}

/** BigInt below 2^64 with this hash in V8 (ComputeLongHash), before it is cut to 30 bits. */
function bigintOf(hash: bigint): bigint {
    const inverse = (odd: bigint): bigint => {
        let x = odd;
        for (let n = 0; n < 6; n++) x = BigInt.asUintN(64, x * (2n - odd * x));
        return x;
    };
    const unshift = (value: bigint, by: bigint): bigint => {
        let x = value;
        for (let n = by; n < 64n; n += by) x = value ^ (x >> by);
        return x;
    };
    let x = BigInt.asUintN(64, unshift(hash, 22n) * inverse(65n));
    x = BigInt.asUintN(64, unshift(x, 11n) * inverse(21n));
    return BigInt.asUintN(64, (unshift(x, 31n) + 1n) * inverse(2n ** 18n - 1n));
}

/** Number with these bits. */
function doubleOf(bits: bigint): number {
    return new Float64Array(BigUint64Array.of(bits).buffer)[0] as number;
}

describe("HashCounts", () => {
    it("accepts regular numbers of any distance, and other values", () => {
        for (const [name, make] of Object.entries<(n: number) => unknown>({
            "from 0 on": (n) => n,
            negative: (n) => -n * 4096,
            "multiples of 65536": (n) => n * 2 ** 16,
            times: (n) => 1.7e12 + n * 1000,
            fractions: (n) => n / 1024,
            BigInts: (n) => BigInt(n) << 20n,
            "large BigInts": (n) => (1n << 80n) + BigInt(n),
            strings: () => "x",
            objects: () => ({}),
        })) {
            expect(accepted(sequence(50_000, make)), name).to.equal(50_000);
        }
    });

    it("accepts few numbers with the same hash, so that a Set of them takes linear time", () => {
        for (const [name, make] of Object.entries<(n: number) => unknown>({
            integers: (n) => integerOf(n << 16),
            BigInts: (n) => bigintOf(BigInt(n) << 16n),
            "negative BigInts": (n) => -bigintOf(BigInt(n) << 16n),
            "other numbers": (n) => doubleOf(bigintOf(BigInt(n) << 16n)),
        })) {
            expect(accepted(sequence(10_000, make).filter((item) => !Number.isNaN(item))), name).to.equal(256 + 64);
        }
    });

    it("accepts few large BigInts with the same low 64 bits", () => {
        expect(accepted(sequence(1000, (n) => BigInt(n + 1) << 64n))).to.equal(16);
    });

    it("accepts any number of repetitions, and searches a Set for few of them", () => {
        for (const [name, make] of Object.entries<(n: number) => number | bigint>({
            integers: (n) => n % 3,
            "integers with the same hash": (n) => integerOf((n % 60) << 16),
            "0 and -0": (n) => (n % 2 === 0 ? 0 : -0),
            "NaN, and others": (n) => [NaN, Infinity, 0.5][n % 3] as number,
            "large BigInts": (n) => BigInt((n % 3) + 1) << 64n,
            "numbers and BigInts": (n) => (n % 2 === 0 ? 1 : 1n),
        })) {
            const items = sequence(100_000, (n) => make(n));
            const set = new Set();
            const counts = new HashCounts(() => set);
            const checks = items.map((item) => {
                const check = counts.check(item);
                if (check === "new") set.add(item);
                return check;
            });
            expect(checks, name).to.not.include("refused");
            expect(set, name).to.deep.equal(new Set(items));
            expect(checks.filter((check) => check === "new").length, name).to.be.below(1000);
        }
    });

    it("accepts few numbers with the same hash behind repetitions", () => {
        const repeated = sequence(10_000, (n) => integerOf((n % 3) << 16));
        const others = sequence(10_000, (n) => integerOf((n + 3) << 16));
        expect(accepted([...repeated, ...others])).to.equal(10_000 - 3 + 256 + 64);
    });
});
