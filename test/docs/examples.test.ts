import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";

const FOLDER = path.join(__dirname, "../../docs/examples");
const DEMO = path.join(FOLDER, "demo/demo.js");
const HOSTILE = path.join(__dirname, "../support/hostilePeers.js");
const NAMES = fs.readdirSync(FOLDER).filter((name) => name.endsWith(".js"));

describe("docs/examples", () => {
    /** Replaces the temporary folder of the system, so that the test finds leftover files. */
    let temporary: string;
    let env: NodeJS.ProcessEnv;

    beforeEach(() => {
        temporary = fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-test-"));
        env = { ...process.env, TMPDIR: temporary };
    });

    afterEach(() => {
        fs.rmSync(temporary, { recursive: true });
    });

    /** Runs a program and returns its output. Rejects unless it ends in time with exit code 0. */
    async function run(file: string, timeout: number, ...args: string[]): Promise<string> {
        const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, ...args], { env, timeout });
        expect(stderr).to.equal("");
        expect(fs.readdirSync(temporary), "left behind").to.deep.equal([]);
        return stdout;
    }

    /** Interrupts a demo when it prints a text. It must end with all its processes, and leave no files. */
    async function interrupt(file: string, when: string): Promise<{ stdout: string }> {
        // Detached, it leads a process group of itself and its children.
        const demo = spawn(process.execPath, [file], { env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
        const group = -demo.pid!;
        let stdout = "";
        let stderr = "";
        demo.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        demo.stdout.setEncoding("utf8").on("data", (text: string) => {
            stdout += text;
            if (text.includes(when)) process.kill(group, "SIGINT"); // like Ctrl-C
        });
        expect(await once(demo, "close")).to.deep.equal([1, null]);
        expect(stderr).to.include("Interrupted by SIGINT");
        expect(fs.readdirSync(temporary), "left behind").to.deep.equal([]);
        expect(() => process.kill(group, 0)).to.throw("ESRCH");
        return { stdout };
    }

    for (const name of NAMES) {
        it(`${name} prints the documented output`, async () => {
            expect(await run(path.join(FOLDER, name), 60_000)).to.not.equal("");
        });
    }

    for (const name of NAMES) {
        it(`${name} is not crashed by hostile peers`, async () => {
            const options = ["--require", HOSTILE, path.join(FOLDER, name)];
            const { stdout } = await promisify(execFile)(process.execPath, options, { env, timeout: 60_000 });
            expect(stdout).to.include("Hostile peers have been here");
        });
    }

    it("are all listed in README.md", () => {
        const readme = fs.readFileSync(path.join(FOLDER, "README.md"), "utf8");
        for (const name of NAMES) expect(readme).to.include(`[${name}](${name})`);
    });

    describe("cluster/demo.js", function () {
        this.timeout(130_000); // it has its own timeout

        const CLUSTER = path.join(FOLDER, "cluster/demo.js");

        it("shows that each client knows what it has missed", async () => {
            const stdout = await run(CLUSTER, 125_000, "memory");
            expect(stdout).to.include("Each client knows exactly what it has missed.");
            expect(stdout).to.match(/of other servers +[1-9][\d,]* +([1-9][\d,]*) +\1 +0 +0\n/);
        });

        it("leaves no processes when it is interrupted, on the engine that is installed", async () => {
            const { stdout } = await interrupt(CLUSTER, "Server 4 joins");
            expect(stdout).to.not.include("exactly");
        });
    });

    describe("demo", function () {
        this.timeout(70_000); // it has its own timeout

        it("transfers all packages between its processes, and all of them report the same result", async () => {
            expect(await run(DEMO, 65_000)).to.include("All counts, types and checksums agree.");
        });

        it("leaves no files when it is interrupted", async () => {
            const { stdout } = await interrupt(DEMO, "The server is killed");
            expect(stdout).to.not.include("agree");
        });
    });
});
