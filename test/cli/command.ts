import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { later } from "../support/pair";

const ROOT = join(__dirname, "../..");

/** The program that `npx sockhop` runs, as it was built. */
export const MAIN = join(ROOT, "dist/cli/main.js");

/** The folder of names and of what commands remember. */
const home = mkdtempSync(join(tmpdir(), "sockhop-cli-"));

after(() => {
    rmSync(home, { recursive: true, force: true });
});

/** What a command finds around it, besides what is given. */
export function surroundings(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    // What c8 could learn of a bundle is not worth the time.
    const { FORCE_COLOR: _force, NO_COLOR: _no, NODE_DEBUG: _debug, NODE_V8_COVERAGE: _c8, ...usual } = process.env;
    delete usual["CI"]; // where there is no colour, also at a terminal
    return { ...usual, XDG_RUNTIME_DIR: home, SOCKHOP_HISTORY: "", ...env };
}

/** How a command has ended. */
export interface Result {
    /** The exit code, or the signal that has killed it. */
    code: number | string | null;
    stdout: string;
    stderr: string;
}

/** A command that runs. It is killed after the test, if it has not ended. */
export class Running {
    readonly child: ChildProcess;
    stdout = "";
    stderr = "";
    /** Lines of stderr that nobody has asked for yet. */
    readonly #notes: string[] = [];
    readonly #ended: Promise<unknown[]>;
    #waiting: (() => void) | undefined;

    constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
        const child = spawn(process.execPath, [MAIN, ...args], { env: surroundings(env) });
        this.child = child;
        this.#ended = once(child, "close");
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
            this.stdout += text;
            this.#waiting?.();
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
        createInterface(child.stderr).on("line", (line) => {
            this.#notes.push(line);
            this.#waiting?.();
        });
        child.stdin.on("error", () => undefined); // it may end before it has read all
        later(() => child.kill("SIGKILL"));
    }

    /** Types lines. */
    say(...lines: string[]): this {
        this.child.stdin?.write(lines.map((line) => `${line}\n`).join(""));
        return this;
    }

    /** The next line of stderr that matches; those before it are dropped. */
    async note(pattern: RegExp): Promise<RegExpMatchArray> {
        for (;;) {
            for (let line; (line = this.#notes.shift()) !== undefined;) {
                const match = line.match(pattern);
                if (match) return match;
            }
            await this.#more(pattern);
        }
    }

    /** The first so many lines of stdout, as JSON. */
    async lines(count: number): Promise<Record<string, unknown>[]> {
        while (this.stdout.split("\n").length <= count) await this.#more(`${count} lines`);
        return json(this.stdout).slice(0, count);
    }

    /** The port at which it says that it listens. */
    async port(): Promise<number> {
        return Number((await this.note(/^listening on .*?:(\d+)/))[1]);
    }

    /** Closes its stdin, and waits for its end. */
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

    /** Waits for something to be printed. */
    async #more(what: unknown): Promise<void> {
        const printed = new Promise<boolean>((resolve) => (this.#waiting = () => resolve(true)));
        if (await Promise.race([printed, this.#ended.then(() => false)])) return;
        throw new Error(`It has ended without ${String(what)}: ${JSON.stringify(await this.result())}`);
    }
}

/** Starts a command. */
export function start(...args: (string | number)[]): Running {
    return new Running(args.map(String));
}

/** Runs a command, with these lines on its stdin, to its end. */
export async function run(args: (string | number)[], ...input: string[]): Promise<Result> {
    return new Running(args.map(String)).say(...input).end();
}

/** The values of lines of JSON. */
export function json(text: string): Record<string, unknown>[] {
    return text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The paths of files with this in them, which are removed after the test. */
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

/** A socket that is connected to a port, and knows nothing of sockhop. */
export function plain(port: number): net.Socket {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    later(() => socket.destroy());
    return socket;
}
