import { expect } from "chai";
import { parseRecording } from "../../src/inspect/package/page/data/recording";

/** Line of a recording with these members. */
function ofMessage(members: object): string {
    const row = { time: new Date(0).toISOString(), connection: 1, from: "client", kind: "message", bytes: 1 };
    return JSON.stringify({ ...row, ...members });
}

/** A row of each kind. */
const CONNECTION = {
    ...{ id: 1, role: "tap", peer: "p", endpoint: "e", state: "open", since: 1, messages: [0, 0], bytes: [0, 0] },
    ...{ waiting: 0, pending: 0, resumes: 0 },
};
const PROBLEM = { n: 1, time: new Date(0).toISOString(), text: "x" };
const POINT = {
    ...{ time: 1, messages: [0, 0], bytes: [0, 0], replies: 0, p50: null, p99: 1, waiting: 0, pending: 0 },
    ...{ delay: null, connections: 1 },
};
const TOTALS = { messages: [0, 0], bytes: [0, 0], skipped: 0, problems: 0, opened: 0, open: 0, unlisted: 0 };

const parse = (...lines: string[]): unknown => parseRecording(lines.join("\n"), "file");

describe("parseRecording", () => {
    it("reads messages and states in the order of their times", () => {
        const state = { connections: [CONNECTION], problems: [PROBLEM], points: [POINT], totals: TOTALS, removed: [2] };
        const { updates, title } = parseRecording(
            [JSON.stringify({ time: 5, ...state }), "", ofMessage({ data: { a: 1 } })].join("\n"),
            "file",
        );
        expect(title).to.equal("file");
        expect(updates).to.have.length(2);
        expect(updates[0]!.messages).to.deep.equal([{ ...JSON.parse(ofMessage({ data: { a: 1 } })), n: 1 }]);
        expect(updates[1]).to.deep.equal({ time: 5, ...state });
    });

    it("accepts any kind, type, id, value and error of a message", () => {
        const any = { kind: "constructor", type: [1], id: {}, data: null, error: 5, text: "<b>" };
        expect(() => parse(ofMessage(any), ofMessage({ kind: "__proto__" }))).not.to.throw();
    });

    for (const [members, name] of [
        [{ took: "<b>" }, "time of a reply"],
        [{ text: 5 }, "text"],
        [{ kind: null }, "kind"],
        [{ bytes: "1" }, "size"],
        [{ from: "tap" }, "sender"],
        [{ time: "x" }, "time"],
    ] as const) {
        it(`refuses a message whose ${name} cannot be shown`, () => {
            expect(() => parse(ofMessage({}), ofMessage(members))).to.throw("line 2 is no message of a recording");
        });
    }

    for (const members of [
        { connections: {} },
        { connections: [null] },
        { connections: [{ ...CONNECTION, peer: 5 }] },
        { connections: [{ ...CONNECTION, messages: [1] }] },
        { connections: [{ ...CONNECTION, groups: [{}] }] },
        { problems: [{ ...PROBLEM, text: {} }] },
        { problems: [{ ...PROBLEM, hex: 1 }] },
        { points: [5] },
        { points: [{ ...POINT, p99: "1" }] },
        { totals: {} },
        { totals: null },
        { removed: ["1"] },
    ]) {
        it(`refuses a state that the page cannot show: ${JSON.stringify(members).slice(0, 60)}`, () => {
            expect(() => parse(JSON.stringify({ time: 1, ...members }))).to.throw(
                "line 1 is neither a message nor a state",
            );
        });
    }

    it("refuses a line that is nested too deeply to be shown", () => {
        const nested = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
        expect(() => parse(`{"a":${nested}}`)).to.throw("line 1 is nested too deeply");
        const deepest = JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`) as unknown;
        expect(() => parse(ofMessage({ data: deepest }))).not.to.throw();
    });
});
