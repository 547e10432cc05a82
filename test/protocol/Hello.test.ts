import { expect } from "chai";
import fc from "fast-check";
import { helloData, isCodecName, parseHello } from "../../src/protocol/Hello";

const TOKEN = "0123456789abcdef";
const HELLO = { version: 1, codecs: ["binary"], token: TOKEN };

/** Values of each type, none of which is a greeting or a valid member of one. */
const ANY: readonly unknown[] = [
    undefined,
    null,
    true,
    false,
    0,
    -1,
    NaN,
    "",
    "x",
    [],
    {},
    [[]],
    () => 1,
    Symbol("s"),
    1n,
];

describe("helloData()", () => {
    it("is a pong that peers without greetings ignore", () => {
        const data = helloData({ codecs: ["binary"], token: TOKEN });
        expect(JSON.parse(JSON.stringify(data))).to.deep.equal({
            _id: "sockhop",
            _created: null,
            _returned: null,
            _finished: null,
            hello: HELLO,
        });
    });

    it("is read by parseHello()", () => {
        const hello = { codecs: ["binary", "other"], token: TOKEN };
        expect(parseHello(JSON.parse(JSON.stringify(helloData(hello))))).to.deep.equal(hello);
    });
});

describe("parseHello()", () => {
    const parse = (members: object): unknown => parseHello({ _id: "sockhop", hello: { ...HELLO, ...members } });

    it("returns what both ends need, and ignores unknown members", () => {
        expect(parse({ rich: true, __proto__: null, constructor: 1 })).to.deep.equal({
            codecs: ["binary"],
            token: TOKEN,
        });
        expect(parseHello({ hello: HELLO, _id: 7, other: {} })).to.deep.equal({ codecs: ["binary"], token: TOKEN });
    });

    it("returns undefined for data that is no object, or has no greeting", () => {
        for (const data of [...ANY, { hello: undefined }]) expect(parseHello(data)).to.equal(undefined);
    });

    it("returns undefined for a greeting of any other type", () => {
        for (const hello of ANY) expect(parseHello({ hello })).to.equal(undefined);
    });

    it("ignores an inherited greeting", () => {
        expect(parseHello(Object.create({ hello: HELLO }))).to.equal(undefined);
    });

    it("reads a greeting of JSON with a member __proto__", () => {
        const text = `{"hello":{"version":1,"codecs":["binary"],"token":"${TOKEN}","__proto__":{"token":"x"}}}`;
        expect(parseHello(JSON.parse(text))).to.deep.equal({ codecs: ["binary"], token: TOKEN });
        expect(parseHello(JSON.parse(`{"__proto__":${text}}`))).to.equal(undefined);
    });

    it("does not read members of a greeting from its member __proto__", () => {
        for (const member of ["version", "codecs", "token"] as const) {
            const text = JSON.stringify({ ...HELLO, [member]: undefined });
            const nested = `${text.slice(0, -1)},"__proto__":${JSON.stringify({ [member]: HELLO[member] })}}`;
            expect(parseHello({ hello: JSON.parse(nested) as unknown }), member).to.equal(undefined);
        }
    });

    it("accepts this version and later ones, and no other version", () => {
        for (const version of [1, 1.5, 2, 1e9, Infinity])
            expect(parse({ version }), String(version)).to.not.equal(undefined);
        for (const version of [...ANY, 0.9, "1", [1], { valueOf: () => 1 }]) {
            expect(parse({ version }), String(version)).to.equal(undefined);
        }
    });

    it("accepts a token of 16 hexadecimal digits only", () => {
        const wrong = [
            "0123456789abcde",
            `${TOKEN}0`,
            "0123456789abcdeF",
            `${TOKEN}\n`,
            `\n${TOKEN}`,
            "0123456789abcde\n",
            "é".repeat(16),
        ];
        for (const token of [...ANY, ...wrong, [TOKEN], { toString: () => TOKEN }]) {
            expect(parse({ token })).to.equal(undefined);
        }
        expect(parse({ token: "0".repeat(16) })).to.not.equal(undefined);
    });

    it("accepts up to 16 codecs with names of up to 64 characters", () => {
        for (const codecs of [
            [],
            ["a"],
            ["a", "a"],
            ["x".repeat(64)],
            Array<string>(16).fill("x"),
            ["__proto__", "é →"],
        ]) {
            expect(parse({ codecs })).to.deep.equal({ codecs, token: TOKEN });
        }
        const nameless: readonly unknown[] = ANY.filter((name) => name !== "x");
        const wrong = [Array<string>(17).fill("x"), ["x".repeat(65)], ...nameless.map((name) => ["binary", name])];
        const notArrays = [
            ...ANY.filter((value) => !Array.isArray(value) || value.length > 0),
            "binary",
            { length: 1, 0: "binary" },
        ];
        for (const codecs of [...wrong, ...notArrays]) expect(parse({ codecs })).to.equal(undefined);
    });

    it("never throws, for any value of JSON, and returns nothing that it has not checked", () => {
        const member = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(1, ["binary"], TOKEN));
        const greeting = fc.record({ version: member, codecs: member, token: member }, { requiredKeys: [] });
        fc.assert(
            fc.property(
                fc.oneof(fc.jsonValue(), fc.record({ hello: greeting }), fc.record({ hello: fc.jsonValue() })),
                (data) => {
                    const hello = parseHello(data);
                    if (!hello) return;
                    expect(hello).to.have.all.keys("codecs", "token");
                    expect(hello.token).to.match(/^[0-9a-f]{16}$/);
                    expect(hello.codecs.every(isCodecName)).to.equal(true);
                },
            ),
        );
    });
});

describe("isCodecName()", () => {
    it("is true for text of 1 to 64 characters", () => {
        for (const name of ["a", "binary", "x".repeat(64)]) expect(isCodecName(name)).to.equal(true);
        for (const name of ["", "x".repeat(65), 1, null, undefined, ["a"]]) expect(isCodecName(name)).to.equal(false);
    });
});

describe("parseHello() of a peer that can resume", () => {
    const token = "0123456789abcdef0123456789abcdef";

    function parsed(resume: unknown): unknown {
        return parseHello({ hello: { version: 1, codecs: [], token: "0123456789abcdef", resume } })?.resume;
    }

    it("returns what is valid", () => {
        expect(parsed({ timeout: 5 })).to.deep.equal({ timeout: 5 });
        expect(parsed({ timeout: 5, token })).to.deep.equal({ timeout: 5, token });
        const request = { timeout: 0, token, received: 0, sent: 7, only: true };
        expect(parsed(request)).to.deep.equal(request);
        expect(parsed({ ...request, only: "yes", more: 1 })).to.deep.equal({ ...request, only: false });
    });

    it("ignores what is not", () => {
        for (const resume of [undefined, null, 1, "x", [], {}, { timeout: NaN }, { timeout: "5" }, { timeout: -1 }])
            expect(parsed(resume)).to.equal(undefined);
        for (const bad of [undefined, 5, "", "0".repeat(31), "0".repeat(33), "G".repeat(32), [token]])
            expect(parsed({ timeout: 5, token: bad, received: 1, sent: 1 })).to.deep.equal({ timeout: 5 });
        for (const bad of [undefined, -1, 0.5, "1", NaN, Infinity, 2 ** 53])
            expect(parsed({ timeout: 5, token, received: bad, sent: 1 })).to.deep.equal({ timeout: 5, token });
    });
});
