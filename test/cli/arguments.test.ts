import { expect } from "chai";
import { endpointFrom, formatEndpoint, parseEndpoint, splitArguments } from "../../src/cli/arguments/endpoint";
import { parseDuration } from "../../src/cli/arguments/numbers";
import { parseValue, withTypeName } from "../../src/cli/arguments/values";
import { UsageError } from "../../src/cli/errors";
import { shorten } from "../../src/cli/terminal/format";

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
            if (text !== "50000") expect(formatEndpoint(place)).to.equal(text);
        }
        // A variable of the shell that is not set must not lead to a port.
        expect(() => parseEndpoint("name:")).to.throw(UsageError, "the name is empty");
        expect(() => endpointFrom(undefined, { name: "" })).to.throw(UsageError, "the name is empty");
        expect(() => splitArguments("value", [], { name: "" })).to.throw(UsageError, "the name is empty");
        expect(parseEndpoint("unix:/run/a")).to.deep.equal({ path: "/run/a" });
        expect(parseEndpoint("tcp://[::1]:5")).to.deep.equal({ address: "::1", port: 5 });
        expect(parseEndpoint("tcp:h:5")).to.deep.equal({ address: "h", port: 5 });
        for (const text of ["65536", "99999", "h:999999", "tcp://h:65536"])
            expect(() => parseEndpoint(text), text).to.throw(UsageError, "ports end at 65535");
        expect(formatEndpoint({})).to.equal("127.0.0.1:50000");
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
        const widget = withTypeName([1], "Widget") as object;
        expect(widget.constructor.name).to.equal("Widget");
        expect(JSON.stringify(widget)).to.equal("[1]");
        expect(withTypeName(5, undefined)).to.equal(5);
        expect(withTypeName("s", "String")).to.equal("s");
        expect(withTypeName(undefined, "Widget")).to.equal(undefined);
    });

    it("is a time", () => {
        expect(["2", "0.5", ".5s", "500ms", "2m", "1h"].map(parseDuration)).to.deep.equal([
            2000, 500, 500, 500, 120_000, 3_600_000,
        ]);
        expect(parseDuration("9999h")).to.equal(2 ** 31 - 1); // what a timer can wait
        for (const text of ["", "s", "1d", "-1", "1 s", "Infinity"])
            expect(() => parseDuration(text), text).to.throw("Give seconds");
    });
});
