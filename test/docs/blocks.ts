import type { Block } from "../support/markdown";

const JAVASCRIPT = ["js", "mjs"];

/** Languages of programs. */
export const PROGRAMS = [...JAVASCRIPT, "ts", "sh", "python"];

export const isJavaScript = ({ language }: Block): boolean => JAVASCRIPT.includes(language);

/** True for JavaScript and TypeScript. */
export const isScript = (block: Block): boolean => isJavaScript(block) || block.language === "ts";

/** The lines of output that a program documents: `// prints: …`. */
export const documentedOutput = ({ code }: Block): string[] =>
    [...code.matchAll(/(?:\/\/|#) prints: (.*)$/gm)].map(([, text]) => text!);

/** True for the tests of a test runner. */
export const isTestFile = ({ code }: Block): boolean => /^(?:describe|it|test)\(/m.test(code);

/** True for a program that is run. */
export const isRun = (block: Block): boolean => documentedOutput(block).length > 0 || isTestFile(block);

/** True for a file that another program of its page uses. */
export function isUsed({ name }: Block, all: Block[]): boolean {
    const stem = name?.replace(/\.\w+$/, "");
    const mention = new RegExp(`(\\./|node |from )${stem}\\b`);
    return name !== undefined && all.some((block) => isRun(block) && mention.test(block.code));
}

const TOOLS = { bundler: /\bnpx (?:esbuild|rollup|webpack|vite|bun)\b/, runner: /"vitest"|\bjest\./ };

/** True if a program needs an installed bundler or test runner. */
export function isTool(block: Block, kind?: keyof typeof TOOLS): boolean {
    if (kind === undefined) return isTool(block, "bundler") || isTool(block, "runner");
    return isRun(block) && TOOLS[kind].test(block.code);
}
