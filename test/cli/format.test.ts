import { expect } from "chai";
import { CommandError, exitCodeOf, explainError, Interruption, UsageError } from "../../src/cli/errors";
import { escapeLines, escapeText } from "../../src/cli/terminal/escape";
import { formatNumber, jsonLine, shorten } from "../../src/cli/terminal/format";
import { errorMessage, formatError } from "../../src/cli/terminal/formatError";
import { inspectValue } from "../../src/cli/terminal/inspectValue";
import { isTooDeep, limitDepth, MAX_DEPTH } from "../../src/inspect/frames/jsonDepth";
import { formatClassName } from "../../src/cli/terminal/Output";
import { SockhopClient } from "../../src";
import { rejection } from "../support/pair";

function withCode(message: string, code: unknown): Error {
    return Object.assign(new Error(message), { code });
}

function nested(levels: number): unknown {
    return JSON.parse("[".repeat(levels) + "]".repeat(levels));
}

describe("escapeText()", () => {
    it("escapes control characters, changes of direction and lone surrogates", () => {
        expect(escapeText("\x1b[2J\x9b\n")).to.equal("\\x1b[2J\\x9b\\x0a");
        expect(escapeText("\u202e\u2028\ud800")).to.equal("\\u202e\\u2028\\ud800");
        expect(escapeText("é→😀")).to.equal("é→😀");
    });
});

describe("escapeLines()", () => {
    it("keeps line feeds, and colors if they are wanted", () => {
        expect(escapeLines("\x1b[31mred\x1b[39m\n\x07", true)).to.equal("\x1b[31mred\x1b[39m\n\\x07");
        expect(escapeLines("\x1b[31mred", false)).to.equal("\\x1b[31mred");
        expect(escapeLines("\x1b[2J", true)).to.equal("\\x1b[2J");
    });
});

describe("shorten()", () => {
    it("cuts a text to a length, with an ellipsis, and not inside of a character", () => {
        expect(shorten("12345", 5)).to.equal("12345");
        expect(shorten("123456", 5)).to.equal("1234…");
        expect(shorten("12😀4", 4)).to.equal("12…");
    });
});

describe("jsonLine()", () => {
    it("escapes control characters, also those that JSON allows", () => {
        const value = { a: "\x00\x1b\x7f\x9b\n é→😀" };
        expect(jsonLine(value)).to.match(/^[^\p{Cc}]*$/u);
        expect(JSON.parse(jsonLine(value))).to.deep.equal(value);
        expect(jsonLine("\x9b")).to.equal('"\\u009b"');
        expect(jsonLine("\u202e\u2028\ud800")).to.equal('"\\u202e\\u2028\\ud800"');
    });

    it("writes null for a value without JSON", () => {
        expect(jsonLine(undefined)).to.equal("null");
    });

    it("replaces values below 200 levels, however deep they are", () => {
        expect(jsonLine(nested(200))).to.equal("[".repeat(200) + "]".repeat(200));
        const cut = `${"[".repeat(200)}"[nested too deeply]"${"]".repeat(200)}`;
        for (const levels of [201, 5000, 1_000_000]) expect(jsonLine(nested(levels))).to.equal(cut);
        const data: unknown = JSON.parse(`{"__proto__":{"a":${"[".repeat(300)}1${"]".repeat(300)}}}`);
        const line = jsonLine({ from: "#1", data });
        expect(line).to.match(/^\{"from":"#1","data":\{"__proto__":\{"a":\[/);
    });
});

describe("isTooDeep()", () => {
    it("counts brackets outside of strings", () => {
        expect(isTooDeep(JSON.stringify(nested(MAX_DEPTH)))).to.equal(false);
        expect(isTooDeep(JSON.stringify(nested(MAX_DEPTH + 1)))).to.equal(true);
        expect(isTooDeep('{"a":'.repeat(MAX_DEPTH + 1))).to.equal(true);
        expect(isTooDeep("[],".repeat(1000))).to.equal(false);
        expect(isTooDeep(JSON.stringify(`"${"[".repeat(1000)}\\`))).to.equal(false);
    });
});

describe("limitDepth()", () => {
    it("copies a value down to a depth", () => {
        const value: unknown = JSON.parse('{"a":[1,{"b":2}],"__proto__":3}');
        expect(JSON.stringify(limitDepth(value, 3))).to.equal(JSON.stringify(value));
        expect(JSON.stringify(limitDepth(value, 2))).to.equal('{"a":[1,"[nested too deeply]"],"__proto__":3}');
    });
});

describe("inspectValue()", () => {
    const show = (value: unknown, size = 100): string =>
        inspectValue(value, size, { breakLength: Infinity, compact: true });

    it("shows a small value completely", () => {
        expect(show({ a: [1, { b: "c" }], d: null })).to.equal("{ a: [ 1, { b: 'c' } ], d: null }");
        expect(show(JSON.parse('{"__proto__":{"toString":1},"constructor":2}'))).to.equal(
            "{ ['__proto__']: { toString: 1 }, constructor: 2 }",
        );
    });

    it("shows the beginning of a large value", () => {
        expect(show("x".repeat(1e6))).to.equal(`'${"x".repeat(99)}…'`);
        expect(show(Array.from({ length: 1e6 }, () => 0))).to.match(/^\[ 0, 0, .*, \.\.\. 9999\d\d more items \]$/);
        expect(show(Object.fromEntries(Array.from({ length: 1e5 }, (_, n) => [`k${n}`, n])))).to.match(
            /^\{ k0: 0, .*'\.\.\.': 999\d\d more \}$/,
        );
        expect(show({ ["x".repeat(1e6)]: 1 }).length).to.be.below(200);
        expect(show(nested(1e5))).to.match(/^[[\] Array]{30,60}$/);
    });
});

describe("formatClassName()", () => {
    it("quotes and shortens names that are not identifiers", () => {
        expect(formatClassName("Widget")).to.equal("Widget");
        expect(formatClassName("\x1b[2J")).to.equal("'\\x1B[2J'");
        expect(formatClassName("W".repeat(1e6))).to.equal(`${"W".repeat(59)}…`);
        expect(formatClassName({ a: "x".repeat(1e6) }).length).to.be.at.most(60);
    });
});

describe("formatNumber()", () => {
    it("prints about three significant digits", () => {
        expect([0.0123, 1.234, 12.34, 123.4, 1234567].map(formatNumber)).to.deep.equal([
            "0.012",
            "1.23",
            "12.3",
            "123",
            "1,234,567",
        ]);
    });
});

describe("formatError()", () => {
    it("prints message and code in one line", () => {
        expect(formatError(withCode("A thing\n\x1b[31m failed", "ERR_X"))).to.equal(
            "sockhop: a thing [31m failed (ERR_X)",
        );
        expect(errorMessage(withCode("JSON is hard", 5))).to.equal("JSON is hard");
        expect(errorMessage(withCode("", "ECONNREFUSED"))).to.equal("ECONNREFUSED (ECONNREFUSED)");
        expect(errorMessage("thrown")).to.equal("thrown");
        expect(errorMessage(new Error(""))).to.equal("failed");
    });

    it("leaves out what only a program can do", async () => {
        const client = new SockhopClient();
        for (const error of [await rejection(client.send(1)), await rejection(client.flush())]) {
            expect(errorMessage(error)).to.equal("the client is not connected (ERR_SOCKET_DESTROYED)");
        }
    });
});

describe("explainError()", () => {
    it("names the endpoint of a socket error, and keeps its code and cause", () => {
        const cause = withCode("connect ECONNREFUSED 127.0.0.1:5", "ECONNREFUSED");
        const error = explainError(cause, "127.0.0.1:5");
        expect(error).to.be.instanceOf(CommandError);
        expect(error).to.include({ message: "no server is listening on 127.0.0.1:5", code: "ECONNREFUSED", cause });
        const untrusted = explainError(withCode("self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT"), "db:5");
        expect(untrusted).to.have.property("message").that.includes("the certificate of db:5 is not trusted");
    });

    it("returns other errors unchanged", () => {
        for (const error of [withCode("x", "ERR_X"), new Error("x"), "thrown", undefined])
            expect(explainError(error, "5")).to.equal(error);
    });
});

describe("exitCodeOf()", () => {
    it("is 2 for wrong usage, 1 for a failure, or the code of an interruption", () => {
        expect(exitCodeOf(new UsageError("x"))).to.equal(2);
        expect(exitCodeOf(withCode("x", "ERR_BAD_OPTION"))).to.equal(2);
        expect(exitCodeOf("thrown")).to.equal(1);
        expect(exitCodeOf(new Interruption(143))).to.equal(143);
    });
});
