import { expect } from "chai";
import fc from "fast-check";
import { writeHead, writeStatus } from "../../../src/cluster/values/ClusterMessage";
import { ClusterReceiver } from "../../../src/cluster/values/ClusterReceiver";
import type { SockhopError } from "../../../src";

/** Number of messages; more with `SOCKHOP_MESSAGES`. */
const MESSAGES = Number(process.env["SOCKHOP_MESSAGES"] ?? 100_000);

const OWN_ID = "0123456789ab";

/** Receiver that records what it delivers and reports. */
function receiver() {
    const seen = { lines: 0, events: 0, errors: [] as SockhopError[] };
    const counts = { messages_received: 0, bytes_received: 0, missed: 0 };
    const count = (): void => {
        seen.events += 1;
    };
    const created = new ClusterReceiver(
        {
            clients: 0,
            deliver: (lines, group) => {
                seen.lines += lines.length;
                expect(lines.every((line) => /^(?:\{[^\n]*\}|#[^\n]+)$/.test(line))).to.equal(true);
                expect(group === undefined || typeof group === "string").to.equal(true);
            },
            report: (error) => seen.errors.push(error),
        },
        counts,
        { joined: count, left: count, missed: count, greeted: count },
    );
    created.reset(OWN_ID);
    return { created, seen, counts };
}

/** Texts from which messages are made. */
const VALID = [
    `${writeHead("8f3a1c09be52", "*", 3, 3)}{"type":"A","data":1}\n@["lobby"]\n{}\n#AQ==\n`,
    writeHead("8f3a1c09be53", "+", 3, 1, 9) + writeStatus(3),
    writeHead("8f3a1c09be54", "?", 0, 1, 1) + writeStatus(0),
    writeHead("8f3a1c09be52", "-", 7, 0),
    writeHead(OWN_ID, "+", 3, 1, 9) + writeStatus(3),
    `2 other version\n`,
];

const PIECE = fc.oneof(
    fc.constantFrom(
        "1",
        " ",
        "\n",
        "@",
        "@[]",
        '@["a"]',
        "{}",
        "#",
        "*",
        "+",
        "?",
        "-",
        "__proto__",
        OWN_ID,
        "8f3a1c09be52",
    ),
    fc.constantFrom(
        "9007199254740991",
        "9007199254740992",
        "-1",
        "0",
        "1e9",
        "999999999",
        "NaN",
        "\u0000",
        "\ud800",
        "é",
    ),
    fc.string({ maxLength: 20 }),
    fc.nat().map(String),
);

/** A valid message in which one part is replaced. */
const MUTATED = fc
    .tuple(fc.constantFrom(...VALID), fc.nat(120), fc.nat(20), PIECE)
    .map(([text, start, length, piece]) => text.slice(0, start) + piece + text.slice(start + length));

const RANDOM = fc.array(PIECE, { maxLength: 12 }).map((pieces) => pieces.join(""));

/** A first line that is valid, with any numbers and ids. */
const FORGED = fc
    .tuple(
        fc.constantFrom(OWN_ID, "8f3a1c09be52", "__proto__", "constructor", "a".repeat(40)),
        fc.constantFrom("*", "+", "?", "-", "=", "!"),
        fc.maxSafeNat(),
        fc.nat(5),
        fc.array(fc.constantFrom("{}", '{"a":1}', "#AAAA", '@["x"]', "@"), { maxLength: 6 }),
    )
    .map(([id, kind, number, count, lines]) => `${writeHead(id, kind, number, count)}${lines.join("\n")}\n`);

describe("A hostile topic", () => {
    it("causes no exception, and nothing that is not a value is delivered", function () {
        this.timeout(600_000);
        const { created, seen } = receiver();
        fc.assert(
            fc.property(fc.oneof(MUTATED, RANDOM, FORGED), (text) => {
                created.receive(text);
                if (text.length % 50 === 0) created.beat();
            }),
            { numRuns: MESSAGES },
        );
        expect(seen.lines).to.be.above(0);
        expect(seen.errors.map(({ code }) => code)).to.deep.equal(["ERR_CLUSTER_VERSION"]);
    });

    it("invents 100 000 members, of which 1000 are kept", () => {
        const { created, seen } = receiver();
        for (let n = 0; n < 100_000; n++) created.receive(writeHead(`m${n}`, "+", n, 1, 1) + writeStatus(1));
        expect(created.members.size).to.equal(1000);
        expect(seen.events).to.equal(1000);
        for (let n = 0; n < 3; n++) created.beat();
        expect(created.members.size).to.equal(0);
        expect(seen.events).to.equal(2000);
    });
});
