import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect } from "chai";
import { type Block, ROOT } from "../support/markdown";
import type { Place } from "./Place";
import { documentedOutput, isScript, isTestFile, isTool } from "./blocks";
import { numberOfTests, testRunnerOf } from "./testRunners";

const HOSTILE = path.join(ROOT, "test/support/hostilePeers.js");

/** Milliseconds after which a program is killed that hangs. A program needs less than a second if nothing else runs. */
const LONGEST = 40_000;

/** The same for tools, such as a bundler: webpack needs 7 seconds if nothing else runs. */
const LONGEST_TOOL = 150_000;

/** Conditions for a program. */
interface Conditions {
    /** Added to the environment of this process. */
    readonly env: NodeJS.ProcessEnv;
    /** Starts hostile peers after its end. */
    readonly hostile: boolean;
}

/** Program of a page that runs. */
export class Program {
    /** Resolves when it has printed something or ended. */
    readonly started: Promise<unknown>;
    readonly #block: Block;
    readonly #child: ChildProcess;
    readonly #alarm: NodeJS.Timeout;
    readonly #ended: Promise<unknown[]>;
    #stdout = "";
    #stderr = "";

    constructor(block: Block, place: Place, { env, hostile }: Conditions) {
        this.#block = block;
        const file = place.write(block);
        const [command, ...options] = commandFor(block, file);
        const child = spawn(command!, options, {
            cwd: path.dirname(file),
            env: {
                ...process.env,
                NO_COLOR: "1",
                ...env,
                ...(hostile && {
                    NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} --require ${JSON.stringify(HOSTILE)}`.trim(),
                }),
            },
            stdio: ["ignore", "pipe", "pipe"],
            detached: process.platform !== "win32", // leads a process group with its children
        });
        this.#child = child;
        this.#alarm = setTimeout(
            () => {
                this.kill();
            },
            isTool(block) ? LONGEST_TOOL : LONGEST,
        );
        child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
        child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
        this.#ended = once(child, "close");
        this.started = Promise.race([once(child.stdout, "data"), this.#ended]);
    }

    /** Waits for the exit, and compares the output with the documented one. */
    async check(): Promise<void> {
        const [code] = await this.#ended;
        const where = `${this.#block.page}:${this.#block.line}`;
        const said = `${where} has printed\n${this.#stdout}${this.#stderr}`;
        expect(code, said).to.equal(0);
        if (isTestFile(this.#block)) {
            const runner = testRunnerOf(this.#block);
            expect(this.#stdout + this.#stderr, where).to.match(runner.passed(numberOfTests(this.#block)));
            return;
        }
        // Tools print their progress there.
        if (this.#block.language !== "sh") expect(this.#stderr, where).to.equal("");
        expect(this.#stdout.trimEnd().split("\n"), said).to.have.members(documentedOutput(this.#block));
    }

    /** Waits for the exit, and fails if a handler has thrown. */
    async survive(): Promise<void> {
        const [code] = await this.#ended;
        const said = `${this.#block.page}:${this.#block.line} has printed\n${this.#stdout}${this.#stderr}`;
        expect(code, said).to.equal(0);
        if (isScript(this.#block)) expect(this.#stdout, said).to.include("Hostile peers have been here");
    }

    kill(): void {
        clearTimeout(this.#alarm);
        try {
            if (process.platform === "win32") this.#child.kill();
            else if (this.#child.pid) process.kill(-this.#child.pid, "SIGKILL");
        } catch {
            // All programs have ended.
        }
    }
}

function commandFor(block: Block, file: string): string[] {
    if (block.language === "python") return ["python3", "-B", file];
    if (block.language === "sh") return ["sh", "-e", file];
    return [process.execPath, ...(isTestFile(block) ? testRunnerOf(block).command(file) : [file])];
}
