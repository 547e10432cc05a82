import { expect } from "chai";
import { execFile, type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { read } from "../support/markdown";
import { privatePorts } from "../support/ports";
import { MAIN, surroundings } from "./command";

/** A command of the page, what is typed at its prompt, and what it prints. */
interface Step {
    command: string;
    typed: string[];
    printed: string[];
}

/** The blocks in which somebody types at a terminal. */
function sessions(): Step[][] {
    const { blocks } = read("docs/command-line.md");
    return blocks.filter(({ code }) => code.startsWith("$ ")).map(({ code }) => steps(code));
}

function steps(code: string): Step[] {
    const found: Step[] = [];
    for (const line of code.trimEnd().split("\n")) {
        const last = found.at(-1);
        if (line.startsWith("$ ")) found.push({ command: line.slice(2), typed: [], printed: [] });
        else if (line.startsWith("> ")) last?.typed.push(line.slice(2));
        else last?.printed.push(line);
    }
    return found;
}

/** A line without what differs from one time to the next. */
function lasting(line: string): string {
    const measured = /per second|in ms:|at a time|min\/avg/.test(line);
    return line
        .replace(/[\da-f]{8}(-[\da-f-]{27})?(?="|$)/, "ID")
        .replace(/(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d\.\d{3}Z?/, "TIME")
        .replace(/from 127\.0\.0\.1:\d+$/, "from 127.0.0.1:PORT")
        .replace(/after [\d.]+ ms/, "after N ms")
        .replace(measured ? /(?<![.:\d])\d[\d,]*(\.\d+)?(?![\d.:])/g : /$^/, "N");
}

/** On a terminal they would print for people. */
function asOnTerminal(command: string): string {
    const piped = command.endsWith("| cat") || /--bare|ping|bench/.test(command);
    return piped || !command.includes("sockhop") ? command : `${command} --pretty`;
}

// The page is one session. Its ports are fixed, and its programs go on to its end.
describe("the page on the command line", () => {
    let folder: string;
    let env: NodeJS.ProcessEnv;
    const background: { child: ChildProcess; step: Step; output: string }[] = [];

    before(function () {
        if (process.platform === "win32") this.skip(); // it has another shell
        folder = mkdtempSync(join(tmpdir(), "sockhop-docs-"));
        // Stands in for the npx of somebody who has installed the package.
        writeFileSync(join(folder, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
        chmodSync(join(folder, "npx"), 0o755);
        env = surroundings({ ...privatePorts(join(folder, "ports")), PATH: `${folder}:${process.env["PATH"]}` });
    });

    after(() => {
        for (const { child } of background) child.kill("SIGKILL");
        if (folder) rmSync(folder, { recursive: true });
    });

    /** Starts a program that goes on, and waits until it has said so. */
    async function start(step: Step): Promise<void> {
        const command = `exec ${asOnTerminal(step.command)} 2>&1`;
        const child = spawn("sh", ["-c", command], { env, cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
        const running = { child, step, output: "" };
        background.push(running);
        child.stdout.setEncoding("utf8").on("data", (text: string) => (running.output += text));
        await once(child.stdout, "data");
    }

    function run({ command, typed }: Step): Promise<string> {
        return new Promise((resolve) => {
            const all = ["-c", `{ ${asOnTerminal(command)}; } 2>&1`];
            const child = execFile("sh", all, { env, cwd: folder, timeout: 8000 }, (_, stdout) => resolve(stdout));
            child.stdin?.on("error", () => undefined); // it may end before it has read all
            child.stdin?.end(typed.map((line) => `${line}\n`).join(""));
        });
    }

    it("shows what the commands print", async () => {
        for (const step of sessions().flat()) {
            if (/^npx sockhop (listen|tap) /.test(step.command)) {
                await start(step);
                continue;
            }
            const output = await run(step);
            const lines = output === "" ? [] : output.trimEnd().split("\n");
            // What answers and what is refused may overtake each other.
            expect(lines.map(lasting), step.command).to.have.members(step.printed.map(lasting));
        }
        for (const { child, step, output } of background) {
            child.kill("SIGINT");
            const lines = output.split("\n").map(lasting);
            expect(lines, step.command).to.include.members(step.printed.map(lasting));
        }
    }).timeout(20_000);
});
