import { expect } from "chai";
import { execFile, type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { read } from "../support/markdown";
import { privatePorts } from "../support/ports";
import { MAIN, environment } from "./command";

/** A command of the page, the lines typed at its prompt, and its output. */
interface Step {
    command: string;
    typed: string[];
    printed: string[];
}

/** Blocks of the page that show a terminal. */
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

/** Replaces the parts of a line that differ from run to run. */
function stable(line: string): string {
    const measured = /per second|in ms:|in flight|min\/avg/.test(line);
    return line
        .replace(/[\da-f]{8}(-[\da-f-]{27})?(?="|$)/, "ID")
        .replace(/token: '[\da-f]{16}'/, "token: 'TOKEN'")
        .replace(/token: '[\da-f]{8}…'/, "token: 'SECRET…'")
        .replace(/(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d\.\d{3}Z?/, "TIME")
        .replace(/127\.0\.0\.1:\d+ sent/, "127.0.0.1:PORT sent")
        .replace(/from 127\.0\.0\.1:\d+$/, "from 127.0.0.1:PORT")
        .replace(/after [\d.]+ ms/, "after N ms")
        .replace(measured ? /(?<![.:\d])\d[\d,]*(\.\d+)?(?![\d.:])/g : /$^/, "N");
}

/** Adds --pretty: the page shows the output on a terminal, the test reads a pipe. */
function asOnTerminal(command: string): string {
    const piped = command.endsWith("| cat") || /--bare|ping|bench/.test(command);
    return piped || !command.includes("sockhop") ? command : `${command} --pretty`;
}

// The page is one session: its ports are fixed, and its servers run until the last block.
describe("docs/command-line.md", () => {
    let folder: string;
    let env: NodeJS.ProcessEnv;
    const background: { child: ChildProcess; step: Step; output: string }[] = [];

    before(function () {
        if (process.platform === "win32") this.skip(); // the commands are written for sh
        folder = mkdtempSync(join(tmpdir(), "sockhop-docs-"));
        // Replaces npx: as if the package were installed.
        writeFileSync(join(folder, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
        chmodSync(join(folder, "npx"), 0o755);
        env = environment({ ...privatePorts(join(folder, "ports")), PATH: `${folder}:${process.env["PATH"]}` });
    });

    after(() => {
        for (const { child } of background) child.kill("SIGKILL");
        if (folder) rmSync(folder, { recursive: true });
    });

    /** Starts a server, and waits for its first line. */
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
            const child = execFile("sh", all, { env, cwd: folder, timeout: 30_000 }, (_, stdout) => resolve(stdout));
            child.stdin?.on("error", () => undefined); // the command may exit before it has read everything
            child.stdin?.end(typed.map((line) => `${line}\n`).join(""));
        });
    }

    it("shows the output of the commands", async () => {
        for (const step of sessions().flat()) {
            if (/^npx sockhop (listen|tap) /.test(step.command)) {
                await start(step);
                continue;
            }
            const output = await run(step);
            const lines = output === "" ? [] : output.trimEnd().split("\n");
            // The order of replies and errors may differ.
            expect(lines.map(stable), step.command).to.have.members(step.printed.map(stable));
        }
        for (const { child, step, output } of background) {
            child.kill("SIGINT");
            const lines = output.split("\n").map(stable);
            expect(lines, step.command).to.include.members(step.printed.map(stable));
        }
    }).timeout(120_000);
});
