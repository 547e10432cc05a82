import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { pages, read } from "../support/markdown";
import { PROGRAMS, isRun, isUsed } from "./blocks";
import { testPrograms } from "./programs";

// Runs every block of code in the documentation, or checks it in another way:
//
// - A block with documented output (`// prints: …`, `# prints: …`) is run, and so is a file of tests.
// - A block with a file name in a comment on its first line is written to the folder of all programs of its page.
// - TypeScript and JavaScript fragments are compiled by fragments.test.ts.
// - The README is run by readme.test.ts.

const OTHERS = ["json", "text", "ini", "mermaid"];

describe("blocks of code in the documentation", () => {
    for (const page of pages()) {
        const { blocks } = read(page);
        if (blocks.length === 0) continue;

        describe(page, () => {
            it("have a language with a known check", () => {
                for (const { language, line } of blocks) {
                    expect([...PROGRAMS, ...OTHERS], `${page}:${line}`).to.include(language);
                }
            });

            const python = blocks.filter(({ language }) => language === "python");
            if (python.length > 0) {
                it("in Python are run, or used by a program that is run", () => {
                    for (const block of python) {
                        expect(isRun(block) || isUsed(block, blocks), `${page}:${block.line}`).to.equal(true);
                    }
                });
            }

            const json = blocks.filter(({ language }) => language === "json");
            if (json.length > 0) {
                it("are valid JSON if they are marked as JSON", () => {
                    for (const { code, line } of json) {
                        expect(() => JSON.parse(code) as unknown, `${page}:${line}`).to.not.throw();
                    }
                });
            }

            const commands = blocks.filter((block) => block.language === "sh" && !isRun(block));
            if (commands.length > 0 && process.platform !== "win32") {
                it("are commands with valid shell syntax", () => {
                    for (const { code } of commands) execFileSync("sh", ["-n", "-c", code]);
                });
            }

            if (page !== "README.md") testPrograms(blocks, (folder) => ({ XDG_RUNTIME_DIR: folder }));
        });
    }
});
