import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ROOT, read } from "../support/markdown";
import { SEPARATOR, titlesOf } from "../support/titles";

// Each statement of these pages names the tests that show it, in comments behind it that readers do not see:
//
//     Messages arrive in order. <!-- test: backpressure.test.ts › order › is kept between the ways of sending -->
//
// The title may be the last part of the whole one, and that of a template is its text. What cannot be tested, such as advice,
// says why: <!-- no test: advice -->
const PAGES = ["docs/guarantees.md", "docs/security.md", "docs/errors.md"];

/** A comment, with what it says. */
const COMMENT = /<!-- (?<kind>test|no test): (?<text>.+?) -->/g;

/** Lines that state nothing: headings, the heads of tables and the lines below them. */
const SILENT = /^(?:#|\|(?: -+ \|)+$)/;

interface Statement {
    line: string;
    tests: string[];
    excuses: string[];
}

function statements(page: string): Statement[] {
    const { text } = read(page);
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
    for (const page of PAGES) {
        describe(page, () => {
            it("name a test, or say why there is none", () => {
                const bare = statements(page).filter(({ tests, excuses }) => tests.length + excuses.length === 0);
                expect(bare.map(({ line }) => line)).to.deep.equal([]);
            });

            it("name tests that exist", () => {
                const missing = statements(page).flatMap(({ tests }) => tests.filter((test) => !exists(test)));
                expect(missing).to.deep.equal([]);
            });

            it("are one to a line", () => {
                const several = /[.;:!?)] [^<|]*[^<| ] <!-- .* --> [^<]/;
                const found = statements(page).filter(({ line }) => !line.startsWith("|") && several.test(line));
                expect(found.map(({ line }) => line)).to.deep.equal([]);
            });
        });
    }
});
