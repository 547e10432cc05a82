import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { type Block, ROOT, pages, read } from "../support/markdown";

// Runs every block of code in the documentation, or checks it in another way:
//
// - A block with documented output (`// prints: …`, `# prints: …`) is run. The programs of one section run together, in
//   order: each starts when the previous one has printed something or ended.
// - A block with a file name in a comment on its first line is written to the folder of all programs of its page.
// - TypeScript is compiled, and so are JavaScript fragments, together with their context.
//
// - Programs in JavaScript run a second time, with hostile peers.
//
// The README is run by readme.test.ts.

const JAVASCRIPT = ["js", "mjs"];
const PROGRAMS = [...JAVASCRIPT, "ts", "sh", "python"];
const OTHERS = ["json", "text", "ini", "mermaid"];

const HOSTILE = path.join(ROOT, "test/support/hostilePeers.js");

/** Commands used by shell programs. */
const TOOLS = ["nc", "socat", "openssl", "python3"];

const promised = ({ code }: Block): string[] =>
    [...code.matchAll(/(?:\/\/|#) prints: (.*)$/gm)].map(([, text]) => text!);
const isTest = ({ code }: Block): boolean => /^describe\(/m.test(code);
const isRun = (block: Block): boolean => promised(block).length > 0 || isTest(block);

/** A file that another program of its page uses. */
function isUsed({ name }: Block, all: Block[]): boolean {
    const stem = name?.replace(/\.\w+$/, "");
    const mention = new RegExp(`(\\./|node |from )${stem}\\b`);
    return name !== undefined && all.some((block) => isRun(block) && mention.test(block.code));
}

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

            if (page !== "README.md") programs(blocks);
        });
    }
});

describe("TypeScript and JavaScript fragments in the documentation", function () {
    this.timeout(60_000);
    const checked = pages().flatMap((page) => {
        const { blocks } = read(page);
        return blocks.filter((block) => {
            if (block.language === "ts") return true;
            return JAVASCRIPT.includes(block.language) && !isRun(block) && !isUsed(block, blocks);
        });
    });
    const named = [...new Set(checked.map(({ page }) => page))];
    let complaints: string[];

    before("compile all of them", () => {
        complaints = compile(checked);
    });

    for (const page of named) {
        it(`${page} compiles`, () => {
            expect(complaints.filter((text) => text.startsWith(`${page}:`))).to.deep.equal([]);
        });
    }

    it("has no errors outside of the pages", () => {
        expect(complaints.filter((text) => !named.some((page) => text.startsWith(`${page}:`)))).to.deep.equal([]);
    });
});

/** The programs of a page. */
function programs(blocks: Block[]): void {
    const run = blocks.filter(isRun);
    if (run.length === 0) return;
    let place: Place;
    let number = 0;

    before("create a folder for its files", () => {
        place = new Place(blocks);
    });

    after("remove the folder", () => {
        place.remove();
    });

    const needed = TOOLS.filter((tool) => run.some((block) => uses(block, tool)));
    const missing = needed.filter((tool) => !has(tool));
    for (const section of new Set(run.map((block) => block.section))) {
        const title = `say what they print: ${section}`;
        const together = run.filter((block) => block.section === section);
        if (missing.length > 0) {
            // Also programs that do not use these commands, because they may use files of others.
            it.skip(`${title} (this computer has no ${missing.join(", ")})`);
            continue;
        }
        const start = async (check: (program: Program) => Promise<void>, hostile = false): Promise<void> => {
            number += 1;
            const runtime = place.runtime(number);
            const all: Program[] = [];
            try {
                for (const block of together) {
                    const program = new Program(block, place, runtime, hostile);
                    all.push(program);
                    await program.started;
                }
                for (const program of all) await check(program);
            } finally {
                for (const program of all) program.kill();
            }
        };
        it(title, () => start((program) => program.check()));
        if (together.some(isScript)) {
            it(`are not crashed by hostile peers: ${section}`, () => start((program) => program.survive(), true));
        }
    }
}

function isScript({ language }: Block): boolean {
    return [...JAVASCRIPT, "ts"].includes(language);
}

function uses({ language, code }: Block, tool: string): boolean {
    if (language === "python") return tool === "python3";
    return language === "sh" && new RegExp(`(^|[|&;] *)${tool} `, "m").test(code);
}

function has(tool: string): boolean {
    if (process.platform === "win32") return false; // it has no sh either
    try {
        // There are several programs called nc.
        if (tool === "nc")
            return execFileSync("sh", ["-c", "nc -h 2>&1 || true"], { encoding: "utf8" }).includes("OpenBSD");
        execFileSync("sh", ["-c", `command -v ${tool}`]);
        return true;
    } catch {
        return false;
    }
}

/** The folders for the programs of a page: one for TypeScript, which has the type "module", and one for all others. */
class Place {
    readonly #root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-")));

    constructor(blocks: Block[]) {
        for (const folder of ["js", "ts", "node_modules"]) fs.mkdirSync(path.join(this.#root, folder));
        fs.symlinkSync(ROOT, path.join(this.#root, "node_modules/sockhop"), "junction");
        fs.writeFileSync(path.join(this.#root, "ts/package.json"), '{ "type": "module" }');
        for (const block of blocks) if (block.name) this.write(block);
    }

    /** Writes a program, and returns its path. */
    write({ name, language, line, code }: Block): string {
        const extension = { python: "py", sh: "sh", ts: "js", mjs: "mjs" }[language] ?? "js";
        const file = name?.replace(/\.ts$/, ".js") ?? `block-${line}.${extension}`;
        const to = path.join(this.#root, language === "ts" ? "ts" : "js", file);
        fs.writeFileSync(to, language === "ts" ? transpiled(code) : code);
        return to;
    }

    /** Creates a new folder for the named sockets of programs. */
    runtime(number: number): string {
        const folder = path.join(this.#root, String(number));
        fs.mkdirSync(folder, { mode: 0o700 });
        return folder;
    }

    remove(): void {
        fs.rmSync(this.#root, { recursive: true });
    }
}

function transpiled(code: string): string {
    const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    return ts.transpileModule(code, { compilerOptions }).outputText;
}

/** A running program. */
class Program {
    /** Resolves when it has printed something or ended. */
    readonly started: Promise<unknown>;
    readonly #block: Block;
    readonly #child;
    readonly #alarm: NodeJS.Timeout;
    readonly #ended: Promise<unknown[]>;
    #stdout = "";
    #stderr = "";

    constructor(block: Block, place: Place, runtime: string, hostile: boolean) {
        this.#block = block;
        const file = place.write(block);
        const [command, ...options] = commandFor(block);
        this.#child = spawn(command!, [...options, file], {
            cwd: path.dirname(file),
            env: {
                ...process.env,
                XDG_RUNTIME_DIR: runtime,
                ...(hostile && { NODE_OPTIONS: `--require ${JSON.stringify(HOSTILE)}` }),
            },
            stdio: ["ignore", "pipe", "pipe"],
            detached: process.platform !== "win32", // leads a process group with its children
        });
        this.#alarm = setTimeout(() => {
            this.kill();
        }, 8000);
        this.#child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
        this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
        this.#ended = once(this.#child, "close");
        this.started = Promise.race([once(this.#child.stdout, "data"), this.#ended]);
    }

    /** Waits for the exit, and compares the output with the documented one. */
    async check(): Promise<void> {
        const [code] = await this.#ended;
        const where = `${this.#block.page}:${this.#block.line}`;
        const said = `${where} has printed\n${this.#stdout}${this.#stderr}`;
        expect(code, said).to.equal(0);
        if (isTest(this.#block)) {
            const tests = [...this.#block.code.matchAll(/^\s*it\(/gm)].length;
            expect(this.#stdout, where).to.include(`${tests} passing`);
            return;
        }
        // Tools print their progress there.
        if (this.#block.language !== "sh") expect(this.#stderr, where).to.equal("");
        expect(this.#stdout.trimEnd().split("\n"), said).to.have.members(promised(this.#block));
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

function commandFor(block: Block): string[] {
    if (block.language === "python") return ["python3", "-B"];
    if (block.language === "sh") return ["sh", "-e"];
    if (isTest(block)) return [process.execPath, path.join(ROOT, "node_modules/mocha/bin/mocha.js"), "--no-config"];
    return [process.execPath];
}

/** Variables that JavaScript fragments may use. */
const AROUND = `
import type { Socket } from "node:net";
import type { SockhopClient, SockhopServer, SockhopSession } from "sockhop";

declare global {
    const Sockhop: typeof import("sockhop");
    const client: SockhopClient;
    const server: SockhopServer & { readonly sessions: any[] };
    const session: SockhopSession;
    const socket: Socket;
    const fs: typeof import("node:fs");
    const once: typeof import("node:events").once;
    // Members of a complete program
    const Login: new (token: string) => object;
    const token: string;
    const members: Set<string>;
    const key: Buffer, cert: Buffer, ca: Buffer;
    interface Error {
        code?: string;
    }
    function work(data: unknown): void;
    function perform(job: unknown): Promise<void>;
}

// Members with TLS
declare module "node:net" {
    interface Socket {
        getPeerCertificate(): any;
    }
    interface Server {
        setSecureContext(options: object): void;
    }
}
`;

/** Declarations that JavaScript cannot express: parameter types, and existing functions. */
const FORGIVEN = (code: number): boolean => (code >= 7000 && code < 8000) || code === 2722;

/** Compiles blocks in one program, because loading the types of the library and of Node takes most of the time. Writes nothing. */
function compile(blocks: Block[]): string[] {
    const { config } = ts.readConfigFile(path.join(ROOT, "tsconfig.json"), (file) => ts.sys.readFile(file)) as {
        config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(
        {
            ...config.compilerOptions,
            // For users with "strict" only, and for JavaScript
            exactOptionalPropertyTypes: false,
            noImplicitOverride: false,
            useUnknownInCatchVariables: false,
            noPropertyAccessFromIndexSignature: false,
            allowJs: true,
            checkJs: true,
            moduleDetection: "force",
            paths: { sockhop: ["./src/index.ts"] },
        },
        ROOT,
    );

    // Each page is a folder that does not exist.
    const files = new Map([[path.join(ROOT, "docs/around.ts"), AROUND]]);
    const origin = new Map<string, Block>();
    for (const block of blocks) {
        const folder = path.join(ROOT, `${block.page}.blocks`);
        const file = path.join(folder, block.name ?? `block-${block.line}.${block.language === "ts" ? "ts" : "js"}`);
        files.set(file, block.code);
        files.set(path.join(folder, "package.json"), '{ "type": "module" }');
        origin.set(file, block);
    }

    const real = ts.createCompilerHost(options);
    const textOf = (file: string): string | undefined => files.get(path.normalize(file));
    const host: ts.CompilerHost = {
        ...real,
        readFile: (file) => textOf(file) ?? real.readFile(file),
        fileExists: (file) => textOf(file) !== undefined || real.fileExists(file),
        directoryExists: (folder) => folder.endsWith(".blocks") || real.directoryExists!(folder),
        getSourceFile(file, version, ...rest) {
            const text = textOf(file);
            return text === undefined
                ? real.getSourceFile(file, version, ...rest)
                : ts.createSourceFile(file, text, version);
        },
    };

    const program = ts.createProgram(
        [...files.keys()].filter((file) => /\.[jt]s$/.test(file)),
        options,
        host,
    );
    return ts.getPreEmitDiagnostics(program).flatMap(({ file, start, code, messageText }) => {
        const block = file && origin.get(path.normalize(file.fileName));
        if (block && block.language !== "ts" && FORGIVEN(code)) return [];
        const text = ts.flattenDiagnosticMessageText(messageText, "\n");
        if (!block) return [`${file?.fileName ?? "the program"}: ${text}`];
        const line = block.line + 1 + file.getLineAndCharacterOfPosition(start!).line;
        return [`${block.page}:${line}: ${text}`];
    });
}
