import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { later } from "../support/pair";

const ROOT = join(__dirname, "../..");

/** Path of the built program that `npx sockhop` runs. */
export const MAIN = join(ROOT, "dist/cli/main.js");

/** Folder for named sockets and state files. */
const home = mkdtempSync(join(tmpdir(), "sockhop-cli-"));

after(() => {
    rmSync(home, { recursive: true, force: true });
});

/** Environment of a command. */
export function environment(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    // Without coverage: that of a minified bundle is useless, and slow.
    const { FORCE_COLOR: _force, NO_COLOR: _no, NODE_DEBUG: _debug, NODE_V8_COVERAGE: _c8, ...usual } = process.env;
    delete usual["CI"]; // turns colors off, also on a terminal
    return { ...usual, XDG_RUNTIME_DIR: home, SOCKHOP_HISTORY: "", ...env };
}

/** Exit code and output of a command. */
export interface Result {
    /** Exit code, or the signal that has ended the process. */
    code: number | string | null;
    stdout: string;
    stderr: string;
}

/** A running command. Killed after the test. */
export class Running {
    readonly child: ChildProcess;
    stdout = "";
    stderr = "";
    /** Lines of stderr that note() has not returned. */
    readonly #notes: string[] = [];
    readonly #ended: Promise<unknown[]>;
    #onOutput: (() => void) | undefined;

    constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
        const child = spawn(process.execPath, [MAIN, ...args], { env: environment(env) });
        this.child = child;
        this.#ended = once(child, "close");
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
            this.stdout += text;
            this.#onOutput?.();
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
        createInterface(child.stderr).on("line", (line) => {
            this.#notes.push(line);
            this.#onOutput?.();
        });
        child.stdin.on("error", () => undefined); // the command may exit before it has read everything
        later(() => child.kill("SIGKILL"));
    }

    /** Writes lines to stdin. */
    type(...lines: string[]): this {
        this.child.stdin?.write(lines.map((line) => `${line}\n`).join(""));
        return this;
    }

    /** Resolves to the next line of stderr that matches. Drops the lines before it. */
    async note(pattern: RegExp): Promise<RegExpMatchArray> {
        for (;;) {
            for (let line; (line = this.#notes.shift()) !== undefined;) {
                const match = line.match(pattern);
                if (match) return match;
            }
            await this.#more(pattern);
        }
    }

    /** Resolves to the first `count` lines of stdout, as JSON. */
    async lines(count: number): Promise<Record<string, unknown>[]> {
        while (this.stdout.split("\n").length <= count) await this.#more(`${count} lines`);
        return json(this.stdout).slice(0, count);
    }

    /** Resolves to the first line of stdout. */
    async line(): Promise<string> {
        while (!this.stdout.includes("\n")) await this.#more("a line");
        return this.stdout.slice(0, this.stdout.indexOf("\n"));
    }

    /** Resolves to the port that the command listens on. */
    async port(): Promise<number> {
        return Number((await this.note(/^listening on .*?:(\d+)/))[1]);
    }

    /** Closes stdin, and waits for the exit. */
    async end(): Promise<Result> {
        this.child.stdin?.end();
        return this.result();
    }

    async interrupt(signal: NodeJS.Signals = "SIGINT"): Promise<Result> {
        this.child.kill(signal);
        return this.result();
    }

    async result(): Promise<Result> {
        const [code, signal] = (await this.#ended) as [number | null, string | null];
        return { code: code ?? signal, stdout: this.stdout, stderr: this.stderr };
    }

    /** Waits for further output. */
    async #more(expected: unknown): Promise<void> {
        const printed = new Promise<boolean>((resolve) => (this.#onOutput = () => resolve(true)));
        if (await Promise.race([printed, this.#ended.then(() => false)])) return;
        throw new Error(`The command has exited without ${String(expected)}: ${JSON.stringify(await this.result())}`);
    }
}

/** Starts a command. */
export function start(...args: (string | number)[]): Running {
    return new Running(args.map(String));
}

/** Runs a command with these lines on stdin, and waits for its exit. */
export async function run(args: (string | number)[], ...input: string[]): Promise<Result> {
    return new Running(args.map(String)).type(...input).end();
}

/** Parses lines of JSON. */
export function json(text: string): Record<string, unknown>[] {
    return text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Creates files with these contents, and returns their paths. Removed after the test. */
export function files<T extends Record<string, string>>(contents: T): Record<keyof T, string> {
    const folder = mkdtempSync(join(tmpdir(), "sockhop-"));
    later(() => {
        rmSync(folder, { recursive: true });
    });
    const paths = Object.entries(contents).map(([name, text]) => {
        writeFileSync(join(folder, name), text);
        return [name, join(folder, name)];
    });
    return Object.fromEntries(paths) as Record<keyof T, string>;
}

/** Connects a plain socket to a port. */
export function plain(port: number): net.Socket {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    later(() => socket.destroy());
    return socket;
}
