import { expect } from "chai";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const { isUpToDate } = createRequire(__filename)("./report.js") as { isUpToDate: () => boolean };

describe("the built package", () => {
    // Under other runtimes: npm run test:runtimes
    it("passes all checks under this runtime", async () => {
        const { error, output } = await run("here");
        expect(error, output).to.equal(null);
        expect(output).to.include("Everything is as knownFailures.js has it.");
    }).timeout(120_000);

    it("has the table of knownFailures.js in docs/runtimes.md; update it with: node test/runtimes/run.js --write", () => {
        expect(isUpToDate()).to.equal(true);
    });
});

function run(...args: string[]): Promise<{ error: Error | null; output: string }> {
    return new Promise((resolve) => {
        execFile(process.execPath, [join(__dirname, "run.js"), ...args], (error, stdout, stderr) => {
            resolve({ error, output: stdout + stderr });
        });
    });
}
