import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ROOT, read } from "../support/markdown";
import { SEPARATOR, titlesOf } from "../support/titles";

// Each statement of these pages names its tests in comments after it, which readers do not see:
//
//     Messages arrive in order. <!-- test: order.test.ts › order › is kept between all methods that send -->
//
// The title may be the last part of the full title. The title of a template is its text. A statement without a test, such as
// advice, states the reason: <!-- no test: advice -->
const PAGES: Record<string, { start?: string; end?: string }> = {
    "docs/guarantees.md": {},
    "docs/security.md": {},
    "docs/errors.md": {},
    "docs/runtimes.md": { end: "## Test results" }, // a table of tests follows
    "docs/guides/cluster.md": { start: "| fault |", end: "" }, // the table of faults; the text around it is a guide
};

/** A comment and its text. */
const COMMENT = /<!-- (?<kind>test|no test): (?<text>.+?) -->/g;

/** Lines without statements: headings, table heads and the lines below them. */
const SILENT = /^(?:#|\|(?: -+ \|)+$)/;

interface Statement {
    line: string;
    tests: string[];
    excuses: string[];
}

/** Statements of a page, from the line `start` on, up to the line `end`. */
function statements(page: string): Statement[] {
    const { start = "", end } = PAGES[page]!;
    const lines = read(page).text;
    const first = lines.findIndex((line) => line.startsWith(start));
    const last = end === undefined ? -1 : lines.indexOf(end, first);
    const text = lines.slice(first, last === -1 ? undefined : last);
    return text
        .filter((line, n) => line.trim() !== "" && !SILENT.test(line) && !/^\|(?: -+ \|)+$/.test(text[n + 1] ?? ""))
        .map((line) => {
            const comments = [...line.matchAll(COMMENT)].map(({ groups }) => groups!);
            const textsOf = (kind: string): string[] =>
                comments.filter((comment) => comment["kind"] === kind).map((comment) => comment["text"]!);
            return { line, tests: textsOf("test"), excuses: textsOf("no test") };
        });
}

const known = new Map<string, string[]>();

function exists(test: string): boolean {
    const [file = "", ...titles] = test.split(SEPARATOR);
    if (titles.length === 0 || !existsSync(join(ROOT, "test", file))) return false;
    let all = known.get(file);
    if (!all) known.set(file, (all = titlesOf(file)));
    const title = titles.join(SEPARATOR);
    return all.some((each) => each === title || each.endsWith(SEPARATOR + title));
}

describe("statements of the documentation", () => {
    for (const page of Object.keys(PAGES)) {
        describe(page, () => {
            it("name a test, or the reason for none", () => {
                expect(statements(page)).to.not.have.length(0);
                const bare = statements(page).filter(({ tests, excuses }) => tests.length + excuses.length === 0);
                expect(bare.map(({ line }) => line)).to.deep.equal([]);
            });

            it("name tests that exist", () => {
                const missing = statements(page).flatMap(({ tests }) => tests.filter((test) => !exists(test)));
                expect(missing).to.deep.equal([]);
            });

            it("are one per line", () => {
                const several = /[.;:!?)] [^<|]*[^<| ] <!-- .* --> [^<]/;
                const found = statements(page).filter(({ line }) => !line.startsWith("|") && several.test(line));
                expect(found.map(({ line }) => line)).to.deep.equal([]);
            });
        });
    }
});
