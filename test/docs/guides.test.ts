import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { type Block, ROOT, pages, read } from "../support/markdown";

// Every block of code in the documentation is run, or checked in another way:
//
// - What says what it prints (`// prints: …`, `# prints: …`) is run. The programs of one section run together, in their
//   order: each is started when the one before has printed something, or has ended.
// - A block whose first line is a comment with the name of a file is in the folder of all programs of its page.
// - TypeScript is compiled, and so are pieces of JavaScript that are no programs, with what stands around them.
//
// - Programs in JavaScript are run once more, and then hostile peers come.
//
// The README is run by readme.test.ts.

const JAVASCRIPT = ["js", "mjs"];
const PROGRAMS = [...JAVASCRIPT, "ts", "sh", "python"];
const OTHERS = ["json", "text", "ini", "mermaid"];

const HOSTILE = path.join(ROOT, "test/support/hostilePeers.js");

/** What programs of a shell may need. */
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
            it("have a language that we know how to check", () => {
                for (const { language, line } of blocks) {
                    expect([...PROGRAMS, ...OTHERS], `${page}:${line}`).to.include(language);
                }
            });

            const python = blocks.filter(({ language }) => language === "python");
            if (python.length > 0) {
                it("in Python are run, or used by one that is", () => {
                    for (const block of python) {
                        expect(isRun(block) || isUsed(block, blocks), `${page}:${block.line}`).to.equal(true);
                    }
                });
            }

            const json = blocks.filter(({ language }) => language === "json");
            if (json.length > 0) {
                it("are JSON where they say so", () => {
                    for (const { code, line } of json) {
                        expect(() => JSON.parse(code) as unknown, `${page}:${line}`).to.not.throw();
                    }
                });
            }

            const commands = blocks.filter((block) => block.language === "sh" && !isRun(block));
            if (commands.length > 0 && process.platform !== "win32") {
                it("are commands that a shell understands", () => {
                    for (const { code } of commands) execFileSync("sh", ["-n", "-c", code]);
                });
            }

            if (page !== "README.md") programs(blocks);
        });
    }
});

describe("TypeScript, and pieces of JavaScript, in the documentation", function () {
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

    it("and nothing else is wrong", () => {
        expect(complaints.filter((text) => !named.some((page) => text.startsWith(`${page}:`)))).to.deep.equal([]);
    });
});

/** The programs of a page. */
function programs(blocks: Block[]): void {
    const run = blocks.filter(isRun);
    if (run.length === 0) return;
    let place: Place;
    let number = 0;

    before("make a folder for its files", () => {
        place = new Place(blocks);
    });

    after("remove it", () => {
        place.remove();
    });

    const needed = TOOLS.filter((tool) => run.some((block) => uses(block, tool)));
    const missing = needed.filter((tool) => !has(tool));
    for (const section of new Set(run.map((block) => block.section))) {
        const title = `say what they print: ${section}`;
        const together = run.filter((block) => block.section === section);
        if (missing.length > 0) {
            // Also those that need none of them, since they may need the files that others make.
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
            it(`are not ended by hostile peers: ${section}`, () => start((program) => program.survive(), true));
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
    if (process.platform === "win32") return false; // it has no sh, either
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

/** The folder of the programs of a page: TypeScript in one place, since it is of the type "module", the rest in another. */
class Place {
    readonly #root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-")));

    constructor(blocks: Block[]) {
        for (const folder of ["js", "ts", "node_modules"]) fs.mkdirSync(path.join(this.#root, folder));
        fs.symlinkSync(ROOT, path.join(this.#root, "node_modules/sockhop"), "junction");
        fs.writeFileSync(path.join(this.#root, "ts/package.json"), '{ "type": "module" }');
        for (const block of blocks) if (block.name) this.write(block);
    }

    /** Writes a program, and says where to. */
    write({ name, language, line, code }: Block): string {
        const extension = { python: "py", sh: "sh", ts: "js", mjs: "mjs" }[language] ?? "js";
        const file = name?.replace(/\.ts$/, ".js") ?? `block-${line}.${extension}`;
        const to = path.join(this.#root, language === "ts" ? "ts" : "js", file);
        fs.writeFileSync(to, language === "ts" ? transpiled(code) : code);
        return to;
    }

    /** A fresh folder for the sockets of programs that meet at a name. */
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

/** A program that runs. */
class Program {
    /** Resolves when it has printed something, or has ended. */
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
            detached: process.platform !== "win32", // the leader of a group, with what it starts
        });
        this.#alarm = setTimeout(() => {
            this.kill();
        }, 8000);
        this.#child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
        this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
        this.#ended = once(this.#child, "close");
        this.started = Promise.race([once(this.#child.stdout, "data"), this.#ended]);
    }

    /** Waits for its end, and sees whether it has printed what it had promised. */
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
        // Tools like to tell of their progress there.
        if (this.#block.language !== "sh") expect(this.#stderr, where).to.equal("");
        expect(this.#stdout.trimEnd().split("\n"), said).to.have.members(promised(this.#block));
    }

    /** Waits for its end, and sees whether a handler has thrown. */
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
            // They have all ended.
        }
    }
}

function commandFor(block: Block): string[] {
    if (block.language === "python") return ["python3", "-B"];
    if (block.language === "sh") return ["sh", "-e"];
    if (isTest(block)) return [process.execPath, path.join(ROOT, "node_modules/mocha/bin/mocha.js"), "--no-config"];
    return [process.execPath];
}

/** What pieces of JavaScript may take for granted. */
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
    // What a program of its own would have
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

// With TLS they have it
declare module "node:net" {
    interface Socket {
        getPeerCertificate(): any;
    }
    interface Server {
        setSecureContext(options: object): void;
    }
}
`;

/** What cannot be said in JavaScript: of which type a parameter is, and that a function is there. */
const FORGIVEN = (code: number): boolean => (code >= 7000 && code < 8000) || code === 2722;

/** Compiles blocks, all in one program: much of the time goes into the types of the library and of Node. Nothing is written. */
function compile(blocks: Block[]): string[] {
    const { config } = ts.readConfigFile(path.join(ROOT, "tsconfig.json"), (file) => ts.sys.readFile(file)) as {
        config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(
        {
            ...config.compilerOptions,
            // As for users who have only "strict", and for JavaScript
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
