import { expect } from "chai";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jsonLine } from "../../../src/cli/terminal/format";
import { inspectValue } from "../../../src/cli/terminal/inspectValue";
import { jsonForm, jsonStart } from "../../../src/inspect/frames/jsonForm";
import { ObjectBuffer } from "../../../src";

const ONE_LINE = { breakLength: Infinity, compact: true };

/** Text of a value on a terminal. */
function shown(value: unknown, size = 100_000): string {
    return inspectValue(value, size, ONE_LINE);
}

/** Values, their form in JSON, and their text on a terminal. */
const VALUES: [value: unknown, form: unknown, text: string][] = [
    [new Date(0), { $date: "1970-01-01T00:00:00.000Z" }, "1970-01-01T00:00:00.000Z"],
    [new Date(NaN), { $date: null }, "Invalid Date"],
    [10n ** 20n, { $bigint: "100000000000000000000" }, "100000000000000000000n"],
    [NaN, { $number: "NaN" }, "NaN"],
    [-Infinity, { $number: "-Infinity" }, "-Infinity"],
    [[-0], [-0], "[ -0 ]"],
    [new Map<unknown, unknown>([["a", 1n]]), { $map: [["a", { $bigint: "1" }]] }, "Map(1) { 'a' => 1n }"],
    [new Set([1, NaN]), { $set: [1, { $number: "NaN" }] }, "Set(2) { 1, NaN }"],
    [Buffer.from("hi"), { $bytes: "aGk=" }, "<Buffer 68 69>"],
    [new Uint8Array([1, 2]).buffer, { $bytes: "AQI=", type: "ArrayBuffer" }, "<ArrayBuffer 01 02>"],
    [new DataView(new ArrayBuffer(1)), { $bytes: "AA==", type: "DataView" }, "<DataView 00>"],
    [Int16Array.of(1, -1), { $bytes: "AQD//w==", type: "Int16Array" }, "Int16Array(2) [ 1, -1 ]"],
    [BigInt64Array.of(5n), { $bytes: "BQAAAAAAAAA=", type: "BigInt64Array" }, "BigInt64Array(1) [ 5n ]"],
    [/a\/b/gi, { $regexp: "/a\\/b/gi" }, "/a\\/b/gi"],
    [new URL("http://x/y"), { $url: "http://x/y" }, "URL http://x/y"],
    [new TypeError("no"), { $error: { name: "TypeError", message: "no" } }, "[TypeError: no]"],
    [
        Object.assign(new Error("no", { cause: 5n }), { code: "E" }),
        { $error: { name: "Error", message: "no", code: "E", cause: { $bigint: "5" } } },
        "[Error: no] { code: 'E', cause: 5n }",
    ],
    [{ a: undefined }, { a: { $undefined: true } }, "{ a: undefined }"],
];

/** Values of the table in docs/command-line.md, by their text there. */
const DOCUMENTED: Record<string, unknown> = {
    "new Date(0)": new Date(0),
    "10n": 10n,
    NaN: NaN,
    undefined: undefined,
    'new Map([["a", 1]])': new Map([["a", 1]]),
    "new Set([1, 2])": new Set([1, 2]),
    'Buffer.from("hi")': Buffer.from("hi"),
    "new Uint8Array(2)": new Uint8Array(2),
    "/a/g": /a/g,
    'new URL("http://x/")': new URL("http://x/"),
    'new TypeError("no")': new TypeError("no"),
};

describe("jsonForm()", () => {
    it("gives the forms of the documentation", () => {
        const page = readFileSync(join(__dirname, "../../../docs/command-line.md"), "utf8");
        for (const [text, value] of Object.entries(DOCUMENTED)) {
            const row = page.split("\n").find((line) => line.startsWith(`| \`${text}\``));
            const json = /^\| .*? \| `(.*?)`/.exec(row ?? "")?.[1];
            expect(jsonLine(jsonForm(value)).replace(/^\[|\]$/g, ""), text).to.equal(json);
        }
    });

    it("replaces values that JSON does not have", () => {
        for (const [value, form] of VALUES) {
            expect(jsonForm(value), String(form)).to.deep.equal(form);
            const json = JSON.parse(JSON.stringify(form)) as unknown; // without the sign of -0
            expect(JSON.parse(jsonLine(jsonForm([value])))).to.deep.equal([json]);
        }
    });

    it("returns other values themselves", () => {
        for (const value of [null, true, "a", 1.5, [1, { a: [] }], { a: { b: null } }])
            expect(jsonForm(value)).to.equal(value);
    });

    it("replaces an object that occurs again by its path, also in a cycle", () => {
        const shared = { n: 1 };
        const value: Record<string, unknown> = { a: [shared], b: shared, m: new Map([[shared, 1]]) };
        value["self"] = value;
        expect(jsonForm(value)).to.deep.equal({
            ...{ a: [{ n: 1 }], b: { $ref: "$.a[0]" }, m: { $map: [[{ $ref: "$.a[0]" }, 1]] }, self: { $ref: "$" } },
        });
        const twice = (levels: number): unknown[] => {
            let item: unknown[] = [];
            for (let level = 0; level < levels; level++) item = [item, item];
            return item;
        };
        expect(jsonLine(jsonForm(twice(150))).length).to.be.below(100_000);
    });

    it("shortens binary data, and values that are too large", () => {
        const { $bytes, size } = jsonForm(Buffer.alloc(1e6)) as { $bytes: string; size: number };
        expect([$bytes.length, size]).to.deep.equal([87_384, 1e6]);
        const form = jsonForm(Array.from({ length: 3e6 }, () => NaN)) as unknown[];
        expect(form.length).to.be.below(3e6);
        expect(form.at(-1)).to.equal("[too large to be printed]");
    });

    it("cuts values below 200 levels", () => {
        let value: unknown = 1n;
        for (let level = 0; level < 900; level++) value = [value];
        expect(jsonLine(jsonForm(value))).to.equal(`${"[".repeat(200)}"[nested too deeply]"${"]".repeat(200)}`);
    });

    it("keeps a member __proto__", () => {
        const value = JSON.parse('{"__proto__":{"x":1}}') as Record<string, unknown>;
        value["n"] = 1n;
        expect(jsonLine(jsonForm(value))).to.equal('{"__proto__":{"x":1},"n":{"$bigint":"1"}}');
    });
});

describe("inspectValue() of values that JSON does not have", () => {
    it("shows them", () => {
        for (const [value, , text] of VALUES) expect(shown(value)).to.equal(text);
    });

    it("shows the end of a cycle, and of a large value", () => {
        const value: Record<string, unknown> = {};
        value["self"] = new Set([value]);
        expect(shown(value)).to.equal("{ self: Set(1) { [Circular] } }");
        expect(shown(Buffer.alloc(1000))).to.match(/^<Buffer( 00){50} \.\.\. 950 more bytes>$/);
        expect(shown(new Float64Array(1e6))).to.match(
            /^Float64Array\(1000000\) \[ 0, 0, .*\.\.\. 999900 more items \]$/,
        );
        expect(shown(new Set(Array(1000).keys()))).to.match(/ \.\.\. 900 more items \}$/);
        expect(shown(new Map(Array.from({ length: 200 }, (_, n) => [n, n])))).to.match(
            / \.\.\. 100 more items => \.\.\. \}$/,
        );
        expect(shown(10n ** 50_000n).length).to.be.below(10_100);
        let deep: unknown = new Error("deep", { cause: new Error("x".repeat(1e6)) });
        for (let level = 0; level < 8; level++) deep = new Map([[1, deep]]);
        expect(shown(deep).length).to.be.below(20_500);
    });

    it("escapes control characters", () => {
        const regexp = new RegExp(`${String.fromCharCode(27)}[2J]`);
        const error = Object.assign(new Error("\x1b[2J\n"), { name: "\x9b" });
        for (const value of [regexp, error, new Map([["\x1b", "\n"]]), { cause: error }])
            expect(shown(value)).to.match(/^\P{Cc}*$/u);
    });

    it("never throws, whatever was received", () => {
        const buffer = new ObjectBuffer({ codec: "binary", allow_non_objects: true });
        const value = fc.anything({
            ...{ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true },
            ...{ withSparseArray: true },
        });
        fc.assert(
            fc.property(value, fc.nat(200), (sent, size) => {
                for (const received of buffer.buf2obj(buffer.obj2buf(sent) as Buffer)) {
                    expect(shown(received, size)).to.be.a("string");
                    JSON.parse(jsonLine({ data: jsonForm(received) }));
                }
            }),
        );
    });

    it("shows an error whose name and message are no strings", () => {
        const error = new Error("x");
        for (const key of ["name", "message", "cause", "errors"])
            Object.defineProperty(error, key, { value: { toString: 5 }, configurable: true });
        expect(shown(error)).to.equal("[] { cause: { toString: 5 }, errors: { toString: 5 } }");
        expect(jsonLine(jsonForm(error))).to.include('"name":{"toString":5}');
    });
});

describe("jsonStart()", () => {
    it("returns small values whole, in the form of JSON", () => {
        const value = { a: [1, "x", null], when: new Date(0) };
        expect(jsonStart(value, 1000)).to.deep.equal({ value: jsonForm(value), isCut: false });
        expect(jsonStart(undefined, 10)).to.deep.equal({ value: undefined, isCut: false });
    });

    it("cuts what is larger, to about the size", () => {
        fc.assert(
            fc.property(fc.jsonValue(), fc.integer({ min: 50, max: 500 }), (value, size) => {
                const start = jsonStart(value, size);
                if (!start.isCut) expect(JSON.stringify(start.value)).to.equal(JSON.stringify(value));
                // An item can begin before the end, and control characters are escaped.
                expect(JSON.stringify(start.value).length).to.be.below(6 * size + 400);
            }),
        );
    });
});
