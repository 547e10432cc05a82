import { expect } from "chai";
import fc from "fast-check";
import type { SockhopResponseWriteableStream } from "../../src";
import { printMessage, printRequest } from "../../src/cli/chat/printMessage";
import { withTypeName } from "../../src/cli/arguments/values";
import { FrameSplitter } from "../../src/cli/tap/FrameSplitter";
import type { TappedMessage } from "../../src/inspect/frames/parseFrame";
import { TapLog } from "../../src/cli/tap/TapLog";
import { jsonLine } from "../../src/cli/terminal/format";
import { errorMessage } from "../../src/cli/terminal/formatError";
import { CapturedStream, outputOf } from "./CapturedStream";

/* eslint-disable no-control-regex -- the test looks for them */

/** Characters that must not be printed: a terminal interprets them, or reorders the text. */
const HARMFUL = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** Maximum length of a readable line: a message with its prefix and suffix. */
const MAX_LINE = 300;

function nested(levels: number): string {
    return "[".repeat(levels) + "]".repeat(levels);
}

/** JSON texts of any type, also dangerous ones. */
const json = fc.oneof(
    fc.json({ noUnicodeString: false }),
    fc.constantFrom(
        "null",
        "true",
        "-0",
        "1e400",
        "{}",
        '""',
        '"\\u001b[2J\\u009b1m\\u202e\\ud800"',
        '"\u009b31m\u2028\u202e"',
        '{"toJSON":1,"toString":2,"constructor":{"name":3},"__proto__":{"inspect":4},"then":5,"length":-1}',
        '{"\\u001b[2J":{"\\u0000":"\\u0007"}}',
        nested(199),
        nested(300),
        nested(20_000),
        JSON.stringify("x".repeat(100_000)),
        JSON.stringify(Array.from({ length: 10_000 }, (_, index) => [index])),
        JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key ${index}`, index]))),
    ),
);

const TYPES = ["SockhopPing", "SockhopPong", "SockhopRequest", "SockhopResponsePacket", "Widget", "\x1b[2J"];

const members = fc.constantFrom("type", "data", "id", "callback_id", "uuid", "_id", "error", "last", "cancel", "empty");

const object = fc
    .array(fc.tuple(members, json), { maxLength: 5 })
    .map((all) => `{${all.map(([key, text]) => `"${key}":${text}`).join(",")}}`);

const envelope = fc
    .tuple(fc.constantFrom(...TYPES), fc.oneof(object, json), fc.array(fc.tuple(members, json), { maxLength: 2 }))
    .map(([type, data, more]) => {
        const suffix = more.map(([key, text]) => `,"${key}":${text}`).join("");
        return `{"type":${JSON.stringify(type)},"data":${data}${suffix}}`;
    });

const garbage = fc.oneof(fc.string(), fc.constantFrom("\x1b[2J", "\0", "{", nested(300).slice(1), "\ufeff{}", "\r"));

/** Content of one frame. */
const frame = fc.oneof(
    { weight: 3, arbitrary: envelope },
    { weight: 2, arbitrary: object },
    json,
    garbage.map((text) => text.replaceAll("\n", "")),
);

const bytes = fc.array(frame, { minLength: 1, maxLength: 8 }).map((frames) => Buffer.from(frames.join("\n")));

describe("hostile peers", function () {
    this.timeout(120_000);
    const run = { numRuns: 100, seed: 20_261_126 };

    it("cannot break the lines that tap prints and records", () => {
        fc.assert(
            fc.property(bytes, fc.boolean(), fc.boolean(), (sent, bare, ends) => {
                for (const flags of [{}, { pretty: true }, { bare: true }] as const) {
                    const { output, out, err } = outputOf(flags);
                    const record = new CapturedStream();
                    const log = new TapLog(output, flags, record as never);
                    const splitter = new FrameSplitter("\n", bare);
                    log.add(1, "client", [...splitter.push(sent)]);
                    const last = splitter.end();
                    if (ends && last) log.add(1, "client", [last]);
                    expect(err.text).to.equal("");
                    for (const line of [...out.lines, ...record.lines]) expect(line).to.not.match(HARMFUL);
                    for (const line of record.lines) JSON.parse(line);
                    for (const line of out.lines) {
                        if ("pretty" in flags) expect(line.length).to.be.below(MAX_LINE);
                        else JSON.parse(line);
                    }
                }
            }),
            run,
        );
    });

    it("cannot cause other frames by other chunks", () => {
        fc.assert(
            fc.property(bytes, fc.array(fc.nat(), { maxLength: 5 }), fc.constantFrom("\n", "]]", "}\n"), (...args) => {
                const [sent, positions, terminator] = args;
                const ends = [...new Set(positions.map((position) => position % (sent.length + 1))), sent.length].sort(
                    (a, b) => a - b,
                );
                const whole = new FrameSplitter(terminator);
                const parts = new FrameSplitter(terminator);
                const expected: (TappedMessage | undefined)[] = [...whole.push(sent), whole.end()];
                let from = 0;
                const found: (TappedMessage | undefined)[] = [];
                for (const to of ends) {
                    found.push(...parts.push(sent.subarray(from, to)));
                    from = to;
                }
                found.push(parts.end());
                expect(found.map(jsonLine)).to.deep.equal(expected.map(jsonLine));
            }),
            run,
        );
    });

    it("cannot break the lines that listen and connect print, or their replies", async () => {
        await fc.assert(
            fc.asyncProperty(json, json, async (type, data) => {
                for (const flags of [{}, { pretty: true }, { bare: true }] as const) {
                    const { output, out, err } = outputOf(flags);
                    const value = { data: JSON.parse(data) as unknown, type: JSON.parse(type) as string };
                    const source = { from: "#1", label: "#1", respond: withTypeName };
                    const callback = (reply: unknown): void => {
                        if (JSON.stringify(reply).includes("x")) throw new Error("\x1b[2J cannot be sent");
                    };
                    printMessage(output, value.data, { ...value, callback } as never, source, null);
                    const refused = (): Promise<void> => Promise.reject(new Error("\x1b[2J"));
                    const response = { send: refused, fail: refused } as unknown as SockhopResponseWriteableStream;
                    await printRequest(output, value as never, response, source, null);
                    expect(err.lines.at(-1)).to.match(/^sockhop: cannot reply to a request of #1/);
                    for (const line of [...out.lines, ...err.lines]) expect(line).to.not.match(HARMFUL);
                    if (!("pretty" in flags)) for (const line of out.lines) JSON.parse(line);
                }
            }),
            { ...run, numRuns: 40 },
        );
    });

    it("cannot cause an error that is not printed in one line", () => {
        const thrower = {
            get message(): string {
                throw new Error("no message");
            },
            get code(): string {
                throw new Error("no code");
            },
            get [Symbol.toStringTag](): string {
                throw new Error("no tag");
            },
        };
        const coded = fc.tuple(fc.anything(), fc.anything()).map(([message, code]) => {
            return Object.assign(Object.defineProperty(new Error(), "message", { value: message }), { code });
        });
        const hostile = fc.constantFrom(thrower, Object.create(null), Symbol("s"), 1n, () => 1, "\x1b[2J".repeat(1e5));
        fc.assert(
            fc.property(fc.oneof(coded, fc.anything({ withNullPrototype: true }), hostile), (error) => {
                const { output, err } = outputOf();
                output.printError(error);
                expect(err.lines).to.have.length(1);
                expect(err.lines[0]).to.match(/^sockhop: ./);
                expect(err.lines[0]).to.not.match(HARMFUL);
                expect(err.text.length).to.be.below(700);
            }),
            run,
        );
        expect(errorMessage(Object.assign(new Error("No"), { code: "\x1b[2J" }))).to.equal("no (\\x1b[2J)");
    });
});
