import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import ts from "typescript";
import { installBundlers, installRunners, link } from "../package/tools";
import { type Block, ROOT } from "../support/markdown";
import { isTool } from "./blocks";

/** Folder where npx finds commands. */
const COMMANDS = "node_modules/.bin";

/** Folders for the programs of a page: one for TypeScript, which has the type "module", and one for all others. */
export class Place {
    readonly #root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-")));

    constructor(blocks: Block[]) {
        for (const folder of ["js", "ts", COMMANDS]) fs.mkdirSync(path.join(this.#root, folder), { recursive: true });
        fs.symlinkSync(ROOT, path.join(this.#root, "node_modules/sockhop"), "junction");
        fs.symlinkSync(path.join(ROOT, "dist/cli/main.js"), path.join(this.#root, COMMANDS, "sockhop"));
        fs.writeFileSync(path.join(this.#root, "ts/package.json"), '{ "type": "module" }');
        for (const block of blocks) if (block.name) this.write(block);
    }

    /** Installs the bundlers and test runners that programs use. */
    async install(blocks: Block[]): Promise<void> {
        if (blocks.some((block) => isTool(block, "bundler"))) this.#link(await installBundlers());
        if (blocks.some((block) => isTool(block, "runner"))) this.#link(await installRunners());
    }

    #link(modules: string): void {
        link(modules, path.join(this.#root, "node_modules"));
        link(path.join(modules, ".bin"), path.join(this.#root, COMMANDS));
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
