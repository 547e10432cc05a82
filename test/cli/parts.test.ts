import { expect } from "chai";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { endpointOf, nameOf, parseEndpoint, split } from "../../src/cli/arguments/endpoint";
import { UsageError, exitCodeOf, lineOf, messageOf } from "../../src/cli/errors";
import { portray } from "../../src/cli/terminal/excerpt";
import { History } from "../../src/cli/terminal/history";
import { duration, rounded } from "../../src/cli/arguments/numbers";
import { className } from "../../src/cli/terminal/Output";
import { jsonLine, parseValue, shorten, typed } from "../../src/cli/arguments/values";
import { later, socketPath } from "../support/pair";

describe("what is typed at the command line", () => {
    it("names a place in one of many ways, and is shown in the same way", () => {
        for (const [text, place] of [
            ["50000", { port: 50000 }],
            ["db.example:1", { address: "db.example", port: 1 }],
            ["[::1]:65535", { address: "::1", port: 65535 }],
            ["[::ffff:10.0.0.1]:1", { address: "::ffff:10.0.0.1", port: 1 }],
            ["./a.sock", { path: "./a.sock" }],
            ["/run/a:1", { path: "/run/a:1" }],
            ["\\\\.\\pipe\\a", { path: "\\\\.\\pipe\\a" }],
            ["name:my-daemon", { name: "my-daemon" }],
            ["localhost:5", { address: "localhost", port: 5 }],
        ] as const) {
            expect(parseEndpoint(text)).to.deep.equal(place);
            if (text !== "50000") expect(nameOf(place)).to.equal(text);
        }
        // A variable of the shell that is not set must not lead to a port.
        expect(() => parseEndpoint("name:")).to.throw(UsageError, "the name is empty");
        expect(() => endpointOf(undefined, { name: "" })).to.throw(UsageError, "the name is empty");
        expect(() => split("value", [], { name: "" })).to.throw(UsageError, "the name is empty");
        expect(parseEndpoint("unix:/run/a")).to.deep.equal({ path: "/run/a" });
        expect(parseEndpoint("tcp://[::1]:5")).to.deep.equal({ address: "::1", port: 5 });
        expect(parseEndpoint("tcp:h:5")).to.deep.equal({ address: "h", port: 5 });
        for (const text of ["65536", "99999", "h:999999", "tcp://h:65536"])
            expect(() => parseEndpoint(text), text).to.throw(UsageError, "ports end at 65535");
        expect(nameOf({})).to.equal("127.0.0.1:50000");
        for (const text of ["", "a", "a:b", ":1", "::1", "1:2:3", "65536", "-1", "1.5", "a b:1", "[a b]:1"]) {
            expect(() => parseEndpoint(text), text).to.throw(UsageError);
        }
    });

    it("is JSON, or a string without quotes", () => {
        for (const [text, value] of [
            ['{"a":[1]}', { a: [1] }],
            ["-1.5e3", -1500],
            [" null ", null],
            ['"null"', "null"],
            ["word", "word"],
            [" two words ", "two words"],
            ["1.2.3", "1.2.3"],
            ["it's", "it's"],
            ["", ""],
        ] as const) {
            expect(parseValue(text)).to.deep.equal(value);
        }
        for (const text of ["{a:1}", "[1,", '"open', ' {"a"'])
            expect(() => parseValue(text)).to.throw(UsageError, "JSON");
        expect(() => parseValue(`[${"x".repeat(1000)}`)).to.throw(/x…$/);
        expect(shorten("12345", 5)).to.equal("12345");
        expect(shorten("123456", 5)).to.equal("1234…");
    });

    it("gets the name of a class that nobody has written", () => {
        const widget = typed([1], "Widget") as object;
        expect(widget.constructor.name).to.equal("Widget");
        expect(JSON.stringify(widget)).to.equal("[1]");
        expect(typed(5, undefined)).to.equal(5);
        expect(typed("s", "String")).to.equal("s");
        expect(typed(undefined, "Widget")).to.equal(undefined);
    });

    it("is a time", () => {
        expect(["2", "0.5", ".5s", "500ms", "2m", "1h"].map(duration)).to.deep.equal([
            2000, 500, 500, 500, 120_000, 3_600_000,
        ]);
        expect(duration("9999h")).to.equal(2 ** 31 - 1); // what a timer can wait
        for (const text of ["", "s", "1d", "-1", "1 s", "Infinity"])
            expect(() => duration(text), text).to.throw("Give seconds");
    });
});

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
            portray(value, size, { breakLength: Infinity, compact: true });
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
        expect(className("W".repeat(1e6))).to.equal(`${"W".repeat(59)}…`);
        expect(className({ a: "x".repeat(1e6) }).length).to.be.at.most(60);
    });

    it("has as many digits as mean something", () => {
        expect([0.0123, 1.234, 12.34, 123.4, 1234567].map(rounded)).to.deep.equal([
            "0.012",
            "1.23",
            "12.3",
            "123",
            "1,234,567",
        ]);
    });

    it("tells errors in one line, with their code, whatever they are", () => {
        const coded = (message: string, code: unknown): Error => Object.assign(new Error(message), { code });
        expect(lineOf(coded("A thing\n\x1b[31m failed", "ERR_X"))).to.equal("sockhop: a thing [31m failed (ERR_X)");
        expect(messageOf(coded("JSON is hard", 5))).to.equal("JSON is hard");
        expect(messageOf(coded("", "ECONNREFUSED"))).to.equal("ECONNREFUSED (ECONNREFUSED)");
        expect(messageOf("thrown")).to.equal("thrown");
        expect(messageOf(new Error(""))).to.equal("failed");
        expect(exitCodeOf(new UsageError("x"))).to.equal(2);
        expect(exitCodeOf(coded("x", "ERR_BAD_OPTION"))).to.equal(2);
        expect(exitCodeOf("thrown")).to.equal(1);
    });
});

describe("the history of the prompt", () => {
    const VARIABLES = ["SOCKHOP_HISTORY", "XDG_STATE_HOME"] as const;

    beforeEach(() => {
        for (const name of VARIABLES) {
            const value = process.env[name];
            later(() => {
                if (value === undefined) Reflect.deleteProperty(process.env, name);
                else process.env[name] = value;
            });
            Reflect.deleteProperty(process.env, name);
        }
    });

    it("is kept among the states of the user's programs, for nobody else", () => {
        const state = (process.env["XDG_STATE_HOME"] = join(dirname(socketPath()), "state"));
        expect(new History().load()).to.deep.equal([]);
        new History().add("first");
        new History().add("second");
        expect(new History().load()).to.deep.equal(["second", "first"]);
        const file = join(state, "sockhop/history");
        expect(readFileSync(file, "utf8")).to.equal("first\nsecond\n");
        expect(statSync(file).mode & 0o777).to.equal(0o600);
        expect(statSync(dirname(file)).mode & 0o777).to.equal(0o700);
    });

    it("forgets the oldest", () => {
        const file = (process.env["SOCKHOP_HISTORY"] = join(dirname(socketPath()), "history"));
        appendFileSync(file, Array.from({ length: 2001 }, (_, n) => `line ${n}\n`).join(""));
        const lines = new History().load();
        expect(lines).to.have.length(1000);
        expect([lines[0], lines[999]]).to.deep.equal(["line 2000", "line 1001"]);
        expect(readFileSync(file, "utf8").split("\n")).to.have.length(1001);
    });

    it("is done without where there is none", () => {
        process.env["SOCKHOP_HISTORY"] = "";
        new History().add("lost");
        expect(new History().load()).to.deep.equal([]);
        process.env["SOCKHOP_HISTORY"] = join(socketPath(), "\0");
        new History().add("lost");
        expect(new History().load()).to.deep.equal([]);
    });
});
