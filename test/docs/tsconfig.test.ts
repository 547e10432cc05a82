import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ROOT, read } from "../support/markdown";

/** Pages with a tsconfig.json for their programs. */
const PAGES = ["README.md", "docs/guides/getting-started.md"];

describe("tsconfig.json in the documentation", function () {
    this.timeout(300_000); // for slow machines; each takes some seconds
    let folder: string;

    beforeEach("create a project", () => {
        folder = mkdtempSync(join(tmpdir(), "sockhop-"));
        mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
        symlinkSync(ROOT, join(folder, "node_modules/sockhop"), "junction");
        symlinkSync(join(ROOT, "node_modules/@types/node"), join(folder, "node_modules/@types/node"), "junction");
        writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    });

    afterEach("remove it", () => {
        rmSync(folder, { recursive: true });
    });

    for (const page of PAGES) {
        it(`compiles the programs of ${page}`, async () => {
            const { blocks } = read(page);
            const config = blocks.find(({ code }) => code.includes("compilerOptions"));
            writeFileSync(join(folder, "tsconfig.json"), config!.code);
            const programs = blocks.filter(({ language }) => language === "ts");
            expect(programs).to.not.be.empty;
            for (const { name, code } of programs) writeFileSync(join(folder, name!), code);
            expect(await compile(folder)).to.equal("");
        });
    }
});

/** Compiles a project, and returns the errors. */
function compile(folder: string): Promise<string> {
    const args = [join(ROOT, "node_modules/typescript/bin/tsc"), "--noEmit"];
    return new Promise((resolve) => {
        execFile(process.execPath, args, { cwd: folder }, (error, stdout, stderr) => {
            resolve(error ? stdout + stderr || error.message : "");
        });
    });
}
