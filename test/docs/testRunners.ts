import path from "node:path";
import { type Block, ROOT } from "../support/markdown";

/** Starts the tests of a file, and recognizes that all have passed. */
interface TestRunner {
    /** Found in the programs for this test runner. */
    readonly mark: RegExp;
    command(file: string): string[];
    /** What it prints if this number of tests has passed, and none has failed. */
    passed(tests: number): RegExp;
}

/** The first one whose mark is in a program runs it. */
const TEST_RUNNERS: readonly TestRunner[] = [
    {
        mark: /"node:test"/,
        command: (file) => ["--test", file],
        passed: (tests) => new RegExp(`^. pass ${tests}\\n. fail 0$`, "m"),
    },
    {
        mark: /"vitest"/,
        command: (file) => [installed(file, "vitest/vitest.mjs"), "run", file],
        passed: (tests) => new RegExp(`Tests +${tests} passed \\(${tests}\\)`),
    },
    {
        mark: /\bjest\./,
        command: (file) => [
            installed(file, "jest/bin/jest.js"),
            "--config={}",
            `--rootDir=${path.dirname(file)}`,
            "--runTestsByPath",
            file,
        ],
        passed: (tests) => new RegExp(`^Tests: +${tests} passed, ${tests} total$`, "m"),
    },
    {
        mark: /^/,
        command: (file) => [path.join(ROOT, "node_modules/mocha/bin/mocha.js"), "--no-config", file],
        passed: (tests) => new RegExp(`^ +${tests} passing`, "m"),
    },
];

function installed(file: string, module: string): string {
    return path.join(path.dirname(file), "../node_modules", module);
}

/** Returns the test runner of a program. */
export function testRunnerOf({ code }: Block): TestRunner {
    return TEST_RUNNERS.find(({ mark }) => mark.test(code))!;
}

/** Number of tests in a program. */
export function numberOfTests({ code }: Block): number {
    return [...code.matchAll(/^\s*(?:it|test)\(/gm)].length;
}
