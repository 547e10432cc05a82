import { expect } from "chai";
import { exitCodeOf, UsageError } from "../../src/cli/errors";
import { formatNumber, jsonLine, shorten } from "../../src/cli/terminal/format";
import { errorMessage, formatError } from "../../src/cli/terminal/formatError";
import { inspectValue } from "../../src/cli/terminal/inspectValue";
import { formatClassName } from "../../src/cli/terminal/Output";

describe("what the command line prints", () => {
    it("has no control characters, of which some terminals obey all", () => {
        const value = { a: "\x00\x1b\x7f\x9b\n é→😀" };
        expect(jsonLine(value)).to.match(/^[^\p{Cc}]*$/u);
        expect(JSON.parse(jsonLine(value))).to.deep.equal(value);
        expect(jsonLine("\x9b")).to.equal('"\\u009b"');
        expect(jsonLine("\u202e\u2028\ud800")).to.equal('"\\u202e\\u2028\\ud800"');
        expect(jsonLine(undefined)).to.equal("null");
        expect(shorten("12😀4", 4)).to.equal("12…"); // no half of a character
    });

    it("is JSON also when a value is nested deeper than JSON can be written", () => {
        const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
        expect(jsonLine(nested(200))).to.equal("[".repeat(200) + "]".repeat(200));
        const cut = `${"[".repeat(200)}"[nested too deeply]"${"]".repeat(200)}`;
        for (const levels of [201, 5000, 1_000_000]) expect(jsonLine(nested(levels))).to.equal(cut);
        const data: unknown = JSON.parse(`{"__proto__":{"a":${"[".repeat(300)}1${"]".repeat(300)}}}`);
        const line = jsonLine({ from: "#1", data });
        expect(line).to.match(/^\{"from":"#1","data":\{"__proto__":\{"a":\[/);
    });

    it("is short for people, with the beginning of everything", () => {
        const show = (value: unknown, size = 100): string =>
            inspectValue(value, size, { breakLength: Infinity, compact: true });
        expect(show({ a: [1, { b: "c" }], d: null })).to.equal("{ a: [ 1, { b: 'c' } ], d: null }");
        expect(show("x".repeat(1e6))).to.equal(`'${"x".repeat(99)}…'`);
        expect(show(Array.from({ length: 1e6 }, () => 0))).to.match(/^\[ 0, 0, .*, \.\.\. 9999\d\d more items \]$/);
        expect(show(Object.fromEntries(Array.from({ length: 1e5 }, (_, n) => [`k${n}`, n])))).to.match(
            /^\{ k0: 0, .*'\.\.\.': 999\d\d more \}$/,
        );
        expect(show({ ["x".repeat(1e6)]: 1 }).length).to.be.below(200);
        expect(show(JSON.parse('{"__proto__":{"toString":1},"constructor":2}'))).to.equal(
            "{ ['__proto__']: { toString: 1 }, constructor: 2 }",
        );
        expect(show(JSON.parse("[".repeat(1e5) + "]".repeat(1e5)))).to.match(/^[[\] Array]{30,60}$/);
        expect(formatClassName("W".repeat(1e6))).to.equal(`${"W".repeat(59)}…`);
        expect(formatClassName({ a: "x".repeat(1e6) }).length).to.be.at.most(60);
    });

    it("has as many digits as mean something", () => {
        expect([0.0123, 1.234, 12.34, 123.4, 1234567].map(formatNumber)).to.deep.equal([
            "0.012",
            "1.23",
            "12.3",
            "123",
            "1,234,567",
        ]);
    });

    it("tells errors in one line, with their code, whatever they are", () => {
        const coded = (message: string, code: unknown): Error => Object.assign(new Error(message), { code });
        expect(formatError(coded("A thing\n\x1b[31m failed", "ERR_X"))).to.equal(
            "sockhop: a thing [31m failed (ERR_X)",
        );
        expect(errorMessage(coded("JSON is hard", 5))).to.equal("JSON is hard");
        expect(errorMessage(coded("", "ECONNREFUSED"))).to.equal("ECONNREFUSED (ECONNREFUSED)");
        expect(errorMessage("thrown")).to.equal("thrown");
        expect(errorMessage(new Error(""))).to.equal("failed");
        expect(exitCodeOf(new UsageError("x"))).to.equal(2);
        expect(exitCodeOf(coded("x", "ERR_BAD_OPTION"))).to.equal(2);
        expect(exitCodeOf("thrown")).to.equal(1);
    });
});
