import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

export const ROOT = join(__dirname, "../..");

/** Folders without handwritten pages. */
const GENERATED = new Set(["node_modules", "dist", "coverage", "api", ".git"]);

const SHORT: Record<string, string> = { javascript: "js", typescript: "ts" };

/** A fenced block of code. */
export interface Block {
    /** Path of the page from the root of the project. */
    page: string;
    line: number;
    /** The nearest heading of the first or second level above it. */
    section: string;
    /** The first word after the fence, or its short form. Empty without one. */
    language: string;
    code: string;
    /** A file name in a comment on the first line. */
    name: string | undefined;
}

/** Lists all Markdown pages, relative to the root of the project. */
export function pages(folder = ROOT): string[] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return GENERATED.has(entry.name) ? [] : pages(path);
        return /(?<!\.api)\.md$/.test(entry.name) ? [relative(ROOT, path).replaceAll("\\", "/")] : [];
    });
}

/** Splits a page into blocks of code and other lines. */
export function read(page: string): { blocks: Block[]; text: string[] } {
    const blocks: Block[] = [];
    const text: string[] = [];
    let section = "";
    let open: { fence: string; indent: number; block: Block; lines: string[] } | undefined;
    for (const [index, line] of readFileSync(join(ROOT, page), "utf8").split("\n").entries()) {
        const {
            indent = "",
            fence = "",
            info = "",
        } = /^(?<indent> *)(?<fence>`{3,})(?<info>.*)$/.exec(line)?.groups ?? {};
        if (open && fence.length >= open.fence.length && info.trim() === "") {
            open.block.code = open.lines.map((each) => `${each}\n`).join("");
            open.block.name = /^(?:\/\/|#) ([\w.-]+\.(?:[cm]?js|ts|py))\n/.exec(open.block.code)?.[1];
            blocks.push(open.block);
            open = undefined;
        } else if (open) {
            open.lines.push(line.slice(open.indent));
        } else if (fence) {
            const word = info.trim().split(/\s/)[0]!;
            const language = SHORT[word] ?? word;
            const block = { page, line: index + 1, section, language, code: "", name: undefined };
            open = { fence, indent: indent.length, block, lines: [] };
        } else {
            section = /^##? (.*)$/.exec(line)?.[1] ?? section;
            text.push(line);
        }
    }
    if (open) throw new Error(`${page}:${open.block.line} is not closed`);
    return { blocks, text };
}
