import { expect } from "chai";
import fc from "fast-check";
import {
    type ClusterHead,
    parseClients,
    parseHead,
    parseValues,
    writeAddress,
    writeHead,
    writeStatus,
} from "../../../src/cluster/values/ClusterMessage";

const ID = "8f3a1c09be52";

/** Message with values for everybody and for groups. */
function write(values: [string, string | undefined][]): string {
    const lines = values.map(([line, group]) => `${writeAddress(group)}${line}\n`);
    return writeHead(ID, "*", values.length, values.length) + lines.join("");
}

function read(text: string): ClusterHead {
    const head = parseHead(text);
    if (typeof head !== "object") throw new Error(`no head: ${head}`);
    return head;
}

describe("The first line of a message between servers", () => {
    it("has the members that were written", () => {
        expect(read(writeHead(ID, "*", 4711, 3))).to.deep.include({
            sender: ID,
            kind: "*",
            number: 4711,
            count: 3,
            beat: 0,
        });
        expect(read(writeHead(ID, "+", 0, 1, 17))).to.deep.include({ kind: "+", number: 0, count: 1, beat: 17 });
    });

    it("can have further fields, of a later minor version", () => {
        expect(read(`1 ${ID} + 5 1 17 more and more\n`)).to.deep.include({ number: 5, beat: 17 });
        expect(read(`1 ${ID} + 5 1 more\n`)).to.deep.include({ number: 5, beat: 0 });
    });

    it("can be that of another version", () => {
        for (const text of ["2 x\n", "12 anything at all\n", "0 \n"]) expect(parseHead(text)).to.equal("other version");
    });

    const BAD = {
        "no text": "",
        "no end of the line": `1 ${ID} * 1 1`,
        "an end of the line behind 200 characters": `1 ${ID} * 1 1 ${"x".repeat(200)}\n`,
        "an id with other characters": "1 a.b * 1 1\n",
        "a long id": `1 ${"a".repeat(41)} * 1 1\n`,
        "a kind of two characters": `1 ${ID} ** 1 1\n`,
        "a negative number": `1 ${ID} * -1 1\n`,
        "an unsafe number": `1 ${ID} + 9007199254740992 1\n`,
        "a fraction": `1 ${ID} * 1.5 1\n`,
        "more values than the number": `1 ${ID} * 2 3\n`,
        "a large count": `1 ${ID} * 9007199254740991 1234567890\n`,
        "another separator": `1\t${ID}\t*\t1\t1\n`,
        "a long version": `12345 ${ID} * 1 1\n`,
    };
    for (const [what, text] of Object.entries(BAD)) {
        it(`is ignored with ${what}`, () => expect(parseHead(text)).to.equal(undefined));
    }
});

describe("The values of a message between servers", () => {
    it("are those that were written, with their groups", () => {
        const value = fc.tuple(
            fc.json().map((json) => `{"data":${json}}`),
            fc.option(fc.string({ unit: "binary", maxLength: 200 }), { nil: undefined }),
        );
        fc.assert(
            fc.property(fc.array(value, { minLength: 1 }), (values) => {
                const text = write(values);
                const parts = parseValues(text, read(text))!;
                const found = parts.flatMap(({ lines, group }) => lines.map((line) => [line, group]));
                expect(found).to.deep.equal(values);
            }),
        );
    });

    it("can be for a group with an ordinary name", () => {
        const text = `${writeHead(ID, "*", 2, 2)}@["__proto__"]\n{}\n@\n#AQ==\n`;
        expect(parseValues(text, read(text))).to.deep.equal([
            { lines: ["{}"], group: "__proto__" },
            { lines: ["#AQ=="], group: undefined },
        ]);
    });

    const head = (count: number): string => writeHead(ID, "*", 10, count);
    const BAD = {
        "more values than announced": `${head(1)}{}\n{}\n`,
        "fewer values than announced": `${head(3)}{}\n{}\n`,
        "a count of 999999999": head(999_999_999),
        "no value": head(0),
        "a value that is cut": `${head(1)}{"a":\n`,
        "a last line without an end": `${head(1)}{}`,
        "an empty line": `${head(1)}\n`,
        "a line of another kind": `${head(1)}[1]\n`,
        "an empty frame": `${head(1)}#\n`,
        "groups that are not JSON": `${head(1)}@[\n{}\n`,
        "groups that are no array": `${head(1)}@{"length":1}\n{}\n`,
        "no groups": `${head(1)}@[]\n{}\n`,
        "a group that is no text": `${head(1)}@[["a"]]\n{}\n`,
        "several groups": `${head(1)}@["a","b"]\n{}\n`,
        "several values in more than 64 KiB": `${head(2)}{}\n{${" ".repeat(65_536)}}\n`,
        "more groups than values": `${head(1)}@["a"]\n@["b"]\n{}\n`,
        "a long address": `${head(1)}@[${'"a",'.repeat(100_000)}"a"]\n{}\n`,
    };
    for (const [what, text] of Object.entries(BAD)) {
        it(`are ignored with ${what}`, () => {
            const parsed = parseHead(text);
            expect(typeof parsed === "object" ? parseValues(text, parsed) : undefined).to.equal(undefined);
        });
    }
});

describe("The status of a heartbeat", () => {
    const clientsOf = (status: string): number | undefined => {
        const text = writeHead(ID, "+", 1, 1, 1) + status;
        return parseClients(text, read(text));
    };

    it("has the number of clients", () => expect(clientsOf(writeStatus(412))).to.equal(412));

    for (const status of [
        "",
        "null\n",
        "[]\n",
        "{}\n",
        "{",
        '{"clients":-1}',
        '{"clients":"1"}',
        '{"clients":1e300}',
        `{"clients":1,"x":"${"x".repeat(1000)}"}`,
    ]) {
        it(`has none with ${JSON.stringify(status.slice(0, 20))}`, () => expect(clientsOf(status)).to.equal(undefined));
    }
});
