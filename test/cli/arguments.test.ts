import { expect } from "chai";
import { Command } from "commander";
import {
    addConnectionOptions,
    clientOptions,
    type ConnectionFlags,
    serverOptions,
} from "../../src/cli/arguments/connectionOptions";
import { endpointFrom, formatEndpoint, parseEndpoint, splitArguments } from "../../src/cli/arguments/endpoint";
import { connectLine } from "../../src/cli/arguments/connectLine";
import { examples } from "../../src/cli/arguments/examples";
import { parseCount, parseDuration, parseTimeLimit } from "../../src/cli/arguments/numbers";
import { parseLines, parseNamedValue, parseValue, withTypeName } from "../../src/cli/arguments/values";
import { UsageError } from "../../src/cli/errors";
import { files } from "./command";

describe("parseEndpoint()", () => {
    const endpoints = [
        ["127.0.0.1:50000", { address: "127.0.0.1", port: 50000 }],
        ["db.example:1", { address: "db.example", port: 1 }],
        ["[::1]:65535", { address: "::1", port: 65535 }],
        ["[::ffff:10.0.0.1]:1", { address: "::ffff:10.0.0.1", port: 1 }],
        ["./a.sock", { path: "./a.sock" }],
        ["/run/a:1", { path: "/run/a:1" }],
        ["\\\\.\\pipe\\a", { path: "\\\\.\\pipe\\a" }],
        ["name:my-daemon", { name: "my-daemon" }],
        ["localhost:5", { address: "localhost", port: 5 }],
    ] as const;

    it("reads the forms that formatEndpoint() writes", () => {
        for (const [text, endpoint] of endpoints) {
            expect(parseEndpoint(text)).to.deep.equal(endpoint);
            expect(formatEndpoint(endpoint)).to.equal(text);
        }
        expect(formatEndpoint({})).to.equal("127.0.0.1:50000");
    });

    it("reads a bare port and the URLs of other programs", () => {
        expect(parseEndpoint("50000")).to.deep.equal({ port: 50000 });
        expect(parseEndpoint("unix:/run/a")).to.deep.equal({ path: "/run/a" });
        expect(parseEndpoint("tcp://[::1]:5")).to.deep.equal({ address: "::1", port: 5 });
        expect(parseEndpoint("tcp:h:5")).to.deep.equal({ address: "h", port: 5 });
        expect(parseEndpoint("tcp://127.0.0.1:5/")).to.deep.equal({ address: "127.0.0.1", port: 5 });
        expect(parseEndpoint("unix:///run/a")).to.deep.equal({ path: "/run/a" });
        expect(parseEndpoint("unix:a.sock")).to.deep.equal({ path: "a.sock" });
        expect(parseEndpoint(":5000")).to.deep.equal({ port: 5000 });
        expect(parseEndpoint("tcp://:5000")).to.deep.equal({ port: 5000 });
    });

    it("reads a host without a port if it cannot be a forgotten value", () => {
        expect(parseEndpoint("localhost")).to.deep.equal({ address: "localhost" });
        expect(parseEndpoint("10.0.0.1")).to.deep.equal({ address: "10.0.0.1" });
        expect(parseEndpoint("[::1]")).to.deep.equal({ address: "::1" });
        expect(parseEndpoint("tcp://db.example")).to.deep.equal({ address: "db.example" });
    });

    it("throws a UsageError for other texts", () => {
        for (const text of [
            "",
            "a",
            "a:b",
            ":",
            "::1",
            "::1:5",
            "1:2:3",
            "-1",
            "1.5",
            "a b:1",
            "[a b]:1",
            "unix:",
            "tcp:",
            "tcp://a/b",
        ]) {
            expect(() => parseEndpoint(text), text).to.throw(UsageError);
        }
        for (const text of ["65536", "99999", ":99999", "h:999999", "tcp://h:65536"])
            expect(() => parseEndpoint(text), text).to.throw(UsageError, "is not a port: ports end at 65535");
        for (const text of ["http://localhost:5000", "ws://h"])
            expect(() => parseEndpoint(text), text).to.throw(UsageError, "a URL of tcp, unix or name");
    });

    it("rejects an empty name, so that an unset shell variable does not lead to the default port", () => {
        expect(() => parseEndpoint("name:")).to.throw(UsageError, "the name is empty");
        expect(() => endpointFrom(undefined, { name: "" })).to.throw(UsageError, "the name is empty");
        expect(() => splitArguments("value", [], { name: "" })).to.throw(UsageError, "the name is empty");
    });
});

describe("endpointFrom()", () => {
    it("returns the endpoint of the argument or of --name, not of both", () => {
        expect(endpointFrom(undefined, {})).to.deep.equal({});
        expect(endpointFrom("5", {})).to.deep.equal({ port: 5 });
        expect(endpointFrom(undefined, { name: "a" })).to.deep.equal({ name: "a" });
        expect(() => endpointFrom("5", { name: "a" })).to.throw(UsageError, "not both");
    });
});

describe("splitArguments()", () => {
    it("takes the first argument for the endpoint, unless --name is given", () => {
        expect(splitArguments("5", ["a"], {})).to.deep.equal({ endpoint: { port: 5 }, values: ["a"] });
        expect(splitArguments("5", ["a"], { name: "n" })).to.deep.equal({
            endpoint: { name: "n" },
            values: ["5", "a"],
        });
        expect(splitArguments(undefined, [], { name: "n" })).to.deep.equal({ endpoint: { name: "n" }, values: [] });
        expect(() => splitArguments(undefined, [], {})).to.throw(UsageError, "missing endpoint");
    });
});

describe("parseValue()", () => {
    it("reads JSON, and other texts as strings", () => {
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
    });

    it("throws a UsageError for invalid JSON, with the start of the text", () => {
        for (const text of ["{a:1}", "[1,", '"open', ' {"a"'])
            expect(() => parseValue(text)).to.throw(UsageError, "invalid JSON");
        expect(() => parseValue(`[${"x".repeat(1000)}`)).to.throw(/x…$/);
    });
});

describe("parseNamedValue()", () => {
    it("reads a class name before JSON", () => {
        for (const [text, value, type] of [
            ['Widget {"a":1}', { a: 1 }, "Widget"],
            [" job.added  [1] ", [1], "job.added"],
            ['Größe "x"', "x", "Größe"],
            ['{"a":1}', { a: 1 }, "Default"],
            ["Count 5", "Count 5", "Default"],
            ["todo: [x]", "todo: [x]", "Default"],
            ["say it [now]", "say it [now]", "Default"],
        ] as const) {
            expect(parseNamedValue(text, "Default"), text).to.deep.equal({ value, type });
        }
        expect(() => parseNamedValue("Widget {a:1}")).to.throw(UsageError, "to send a text, write it in quotes");
    });
});

describe("connectLine()", () => {
    const line = (...[endpoint, flags, env = {}]: Parameters<typeof connectLine>): string =>
        connectLine(endpoint, flags, env);

    it("writes the endpoint and the options of the client, quoted for a shell", () => {
        expect(line({ port: 45600 }, {})).to.equal("sockhop connect 45600");
        expect(line({ port: 1, address: "::" }, {})).to.equal("sockhop connect 1");
        expect(line({ port: 1, address: "10.0.0.1" }, {})).to.equal("sockhop connect 10.0.0.1:1");
        expect(line({ path: "/tmp/it's" }, { json: true })).to.equal("sockhop connect '/tmp/it'\\''s' --json");
        expect(line({ name: "a" }, { terminator: "\r\n\\" })).to.equal(
            "sockhop connect name:a --terminator '\\x0d\\x0a\\\\'",
        );
        expect(line({ port: 1 }, { codec: "binary", codecRequired: true })).to.equal(
            "sockhop connect 1 --codec binary",
        );
        expect(line({ port: 1 }, { cert: "c", key: "k" })).to.equal("sockhop connect 1 --tls");
        expect(line({ port: 1 }, {}, { npm_command: "exec" })).to.equal("npx sockhop connect 1");
    });
});

describe("parseLines()", () => {
    async function* lines(...texts: string[]): AsyncGenerator<string> {
        for (const text of texts) yield await Promise.resolve(text);
    }

    it("skips blank lines, and states the line of an error", async () => {
        const values: unknown[] = [];
        const read = async (): Promise<void> => {
            for await (const value of parseLines(lines("1", " ", "word", "{", "5"))) values.push(value);
        };
        const error = await read().catch((error: unknown) => error as Error);
        expect(values).to.deep.equal([1, "word"]);
        expect(error)
            .to.be.an("error")
            .with.property("message")
            .that.matches(/^line 4: invalid JSON/);
    });
});

describe("withTypeName()", () => {
    it("wraps a value in an instance of a class with the name", () => {
        const widget = withTypeName([1], "Widget") as object;
        expect(widget.constructor.name).to.equal("Widget");
        expect(JSON.stringify(widget)).to.equal("[1]");
    });

    it("returns a value without a class name unchanged", () => {
        expect(withTypeName(5, undefined)).to.equal(5);
        expect(withTypeName("s", "String")).to.equal("s");
        expect(withTypeName(undefined, "Widget")).to.equal(undefined);
    });
});

describe("parseDuration()", () => {
    it("converts seconds, and numbers with a unit, to milliseconds", () => {
        expect(["2", "0.5", ".5s", "500ms", "2m", "1h"].map(parseDuration)).to.deep.equal([
            2000, 500, 500, 500, 120_000, 3_600_000,
        ]);
        expect(parseDuration("9999h")).to.equal(2 ** 31 - 1); // the longest timer
        for (const text of ["", "s", "1d", "-1", "1 s", "Infinity"])
            expect(() => parseDuration(text), text).to.throw("Give seconds");
    });
});

describe("parseTimeLimit()", () => {
    it("refuses 0 with any unit", () => {
        expect(parseTimeLimit("1ms")).to.equal(1);
        for (const text of ["0", "0s", "0ms", "0.0"]) expect(() => parseTimeLimit(text), text).to.throw("above 0");
    });
});

describe("parseCount()", () => {
    it("reads a positive integer", () => {
        expect(["1", "42", "999999999"].map(parseCount)).to.deep.equal([1, 42, 999_999_999]);
        for (const text of ["", "0", "-1", "1.5", "01", "1e3", "1000000000"])
            expect(() => parseCount(text), text).to.throw("positive integer");
    });
});

describe("addConnectionOptions()", () => {
    function parse(...args: string[]): ConnectionFlags {
        const command = addConnectionOptions(new Command("test"))
            .exitOverride()
            .configureOutput({ writeErr: () => 0 });
        return command.parse(args, { from: "user" }).opts();
    }

    it("replaces escape sequences in --terminator", () => {
        expect(parse("--terminator", "\\r\\n\\t\\0\\\\\\x1e\\q")).to.deep.equal({ terminator: "\r\n\t\0\\\x1e\\q" });
        expect(() => parse("--terminator", "")).to.throw("Give at least one character.");
    });
});

describe("clientOptions()", () => {
    it("uses TLS if one of its options is given", () => {
        const { ca } = files({ ca: "certificate" });
        expect(clientOptions({ port: 5 }, {})).to.deep.equal({ port: 5 });
        expect(clientOptions({ port: 5 }, { tls: true }).ssl_options).to.deep.equal({ rejectUnauthorized: true });
        expect(clientOptions({ port: 5 }, { insecure: true }).ssl_options).to.deep.equal({ rejectUnauthorized: false });
        expect(clientOptions({}, { ca }).ssl_options).to.deep.equal({ ca: "certificate", rejectUnauthorized: true });
    });

    it("exchanges plain JSON with --json", () => {
        expect(clientOptions({}, { json: true, terminator: "\0" })).to.deep.equal({
            ...{ peer_type: "json", allow_non_objects: true, terminator: "\0" },
        });
    });

    it("uses a codec with --codec", () => {
        expect(clientOptions({}, { codec: "json" })).to.deep.equal({ codec: "json" });
        expect(serverOptions({}, { codec: "binary" })).to.deep.equal({ codec: "binary" });
        expect(clientOptions({}, { codec: "binary", codecRequired: true })).to.deep.equal({
            ...{ codec: "binary", codec_required: true },
        });
    });

    it("throws a UsageError for options that do not fit", () => {
        expect(() => clientOptions({}, { json: true, codec: "binary" })).to.throw(UsageError, "--codec");
        expect(() => clientOptions({}, { codecRequired: true })).to.throw(UsageError, "--codec-required needs");
        expect(() => clientOptions({ port: 0 }, {})).to.throw(UsageError, "port 0");
        expect(() => clientOptions({}, { cert: "a" })).to.throw(UsageError, "together");
        expect(() => clientOptions({}, { ca: "/no/such/file" })).to.throw(UsageError, "cannot read /no/such/file");
    });
});

describe("serverOptions()", () => {
    it("asks clients for certificates only with --ca", () => {
        const { ca, cert, key } = files({ ca: "c", cert: "a", key: "k" });
        expect(serverOptions({ port: 0 }, {})).to.deep.equal({ port: 0 });
        expect(serverOptions({}, { cert, key }).ssl_options).to.deep.equal({ cert: "a", key: "k" });
        expect(serverOptions({}, { ca, cert, key }).ssl_options).to.deep.equal({
            ...{ ca: "c", cert: "a", key: "k", requestCert: true, rejectUnauthorized: true },
        });
        expect(() => serverOptions({}, { tls: true })).to.throw(UsageError, "--cert and --key");
    });
});

describe("examples()", () => {
    it("prints each command with its purpose below it", () => {
        expect(examples(["sockhop", "do this"], ["sockhop -v", "do that"])).to.equal(
            "\nExamples:\n  $ sockhop\n      do this\n  $ sockhop -v\n      do that",
        );
    });
});
