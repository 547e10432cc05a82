import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privatePorts } from "../support/ports";

const ROOT = join(__dirname, "../..");
const HOSTILE = join(__dirname, "../support/hostilePeers.js");

/** Exit code and output of a program. */
interface Result {
    error: Error | null;
    stdout: string;
    stderr: string;
}

/** The JavaScript blocks of the README, each with its nearest heading. */
function blocks(): { heading: string; code: string }[] {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const found: { heading: string; code: string }[] = [];
    let last = "";
    for (const { groups } of readme.matchAll(/^#+ (?<heading>.*)$|^```(js|javascript)\n(?<code>[^]*?)^```$/gm)) {
        last = groups!["heading"] ?? last;
        if (groups!["code"]) found.push({ heading: last, code: groups!["code"] });
    }
    return found;
}

// They run as printed, so they use the default port.
describe("README.md", () => {
    let folder: string;
    let env: NodeJS.ProcessEnv;

    before(() => {
        folder = mkdtempSync(join(tmpdir(), "sockhop-"));
        env = { ...process.env, ...privatePorts(folder) };
    });

    after(() => {
        rmSync(folder, { recursive: true });
    });

    function run(code: string, ...options: string[]): Promise<Result> {
        return new Promise((resolve) => {
            const arguments_ = [...options, "--input-type=commonjs", "-e", code];
            execFile(process.execPath, arguments_, { cwd: ROOT, env, timeout: 8000 }, (error, stdout, stderr) => {
                resolve({ error, stdout, stderr });
            });
        });
    }

    for (const { heading, code } of blocks()) {
        it(`shows a program with its documented output: ${heading}`, async () => {
            const { error, stdout, stderr } = await run(code);
            expect(stderr).to.equal("");
            expect(error).to.equal(null);
            // The documented output of a line: console.log(…); // prints: …
            const promised = [...code.matchAll(/\/\/ prints: (.*)$/gm)].map(([, text]) => text!);
            expect(promised).to.not.be.empty;
            expect(stdout.trimEnd().split("\n")).to.have.members(promised);
        });

        it(`shows a program that is not crashed by hostile peers: ${heading}`, async () => {
            const { error, stdout, stderr } = await run(code, "--require", HOSTILE);
            expect(error, stderr).to.equal(null);
            expect(stdout).to.include("Hostile peers have been here");
        });
    }
});
