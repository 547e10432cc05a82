/*
 * npm run test:types                  the programs in programs/ with the compilers and declarations of Node.js below
 * npm run test:types -- --only 5.0    with one compiler
 *
 * Compilers and declarations are installed with npm, and kept in node_modules/.cache. The library is packed as built.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Installed, node } from "./Installed";
import { type Packages, install } from "./tools";

/** Folder of compilers and declarations. */
let cache = "";

/** TypeScript versions, oldest supported first. */
const COMPILERS: Record<string, string> = { "5.0": "5.0.4", "5.9": "5.9.3", "6.0": "6.0.3", "7.0": "7.0.2" };

/** @types/node: the newest of each major version, and the last one for TypeScript 5.0. */
const NODE_TYPES: Record<string, readonly string[]> = {
    18: ["18.19.130", "18.19.80"],
    20: ["20.19.43", "20.17.23"],
    22: ["22.20.5", "22.13.9"],
    24: ["24.19.2"],
    26: ["26.6.6"],
};

/** The compiler for less common configurations. */
const USUAL = "22";

/** A compiler configuration. */
interface Way {
    title: string;
    /** First TypeScript version that does not support it. */
    until?: string;
    options(compiler: string): object;
    programs: Readonly<Record<string, readonly string[]>>;
}

const NODENEXT: Way = {
    title: "nodenext",
    // Without the declarations of browsers, which take half of the time; the other configurations include them.
    options: () => ({
        module: "nodenext",
        target: "es2022",
        lib: ["es2022"],
        exactOptionalPropertyTypes: true,
        declaration: true,
    }),
    programs: {
        "loose.ts": ["loose.mts", "loose.cts"],
        "protocol.ts": ["protocol.mts", "protocol.cts"],
        "mistakes.ts": ["mistakes.mts", "mistakes.cts"],
        "deep.cts": ["deep.cts"],
        "engines.ts": ["engines.mts", "engines.cts"],
        "strict.ts": ["strict.mts", "strict.cts"],
    },
};

const ONE_EACH = {
    "loose.ts": ["loose.ts"],
    "protocol.ts": ["protocol.ts"],
    "mistakes.ts": ["mistakes.ts"],
    "engines.ts": ["engines.ts"],
};

const OTHERS: readonly Way[] = [
    {
        // Since TypeScript 6.0 no types are included automatically: the library must reference them.
        title: "nodenext without types",
        options: () => ({ module: "nodenext", target: "es2022", types: undefined }),
        programs: NODENEXT.programs,
    },
    {
        title: "bundler",
        options: () => ({ module: "esnext", moduleResolution: "bundler", target: "es2022" }),
        programs: ONE_EACH,
    },
    {
        title: "commonjs",
        until: "7.0",
        options: (compiler) => ({
            module: "commonjs",
            moduleResolution: "node10",
            target: "es2020",
            esModuleInterop: false,
            ...(compiler === "6.0" && { ignoreDeprecations: "6.0" }),
        }),
        programs: { ...ONE_EACH, "deep.cts": ["deep.ts"] },
    },
];

/** One run of the compiler. */
interface Cell {
    compiler: string;
    /** A major version of @types/node. */
    nodeTypes: string;
    way: Way;
}

/** Result of the run. */
interface Outcome extends Cell {
    /** Reason for a skipped run. */
    reason?: string;
    /** Compiler errors; empty on success. */
    errors?: string;
}

const say = (text: string): unknown => process.stdout.write(`${text}\n`);
const compilerOf = (version: string): string => `typescript-${version}`;
const typesOf = (version: string): string => `types-node-${version}`;
const place = (name: string): string => join(cache, name);

interface Manifest {
    /** Oldest compiler that @types/node supports. */
    typeScriptVersion?: string;
    bin?: { tsc: string };
}

const manifestOf = (name: string): Manifest =>
    JSON.parse(readFileSync(join(place(name), "package.json"), "utf8")) as Manifest;

/** Installs missing compilers and declarations. */
async function fetch(): Promise<void> {
    const packages = [
        ...Object.values(COMPILERS).map((version) => [compilerOf(version), `npm:typescript@${version}`]),
        ...Object.values(NODE_TYPES).flatMap((versions) =>
            versions.map((version) => [typesOf(version), `npm:@types/node@${version}`]),
        ),
    ];
    say("Getting compilers and declarations …");
    cache = await install("sockhop-types", Object.fromEntries(packages) as Packages);
}

/** True if a version is older than another. */
function older(a: string, b: string): boolean {
    const [majorA = 0, minorA = 0] = a.split(".").map(Number);
    const [majorB = 0, minorB = 0] = b.split(".").map(Number);
    return majorA < majorB || (majorA === majorB && minorA < minorB);
}

/** The declarations of Node.js for a cell, or the reason for a skipped one. */
function choose({ compiler, nodeTypes, way }: Cell): { types: string } | { reason: string } {
    if (way.until && !older(compiler, way.until)) {
        return { reason: `${way.title}: TypeScript ${way.until} and newer do not know it any more` };
    }
    const versions = NODE_TYPES[nodeTypes]!;
    const oldest = (version: string): string => manifestOf(typesOf(version)).typeScriptVersion ?? "0";
    const found = versions.find((version) => !older(compiler, oldest(version)));
    if (found !== undefined) return { types: place(typesOf(found)) };
    const needed = oldest(versions.at(-1)!);
    return { reason: `@types/node ${nodeTypes} is for TypeScript ${needed} and newer, as its authors say` };
}

async function check(installed: Installed, cell: Cell): Promise<Outcome> {
    const chosen = choose(cell);
    if ("reason" in chosen) return { ...cell, ...chosen };
    const { compiler, nodeTypes, way } = cell;
    const name = `${way.title}-${compiler}-${nodeTypes}`.replaceAll(" ", "-");
    const options = { ...way.options(compiler), noEmit: true };
    const project = installed.project(name, chosen.types, options, way.programs);
    const tsc = compilerOf(COMPILERS[compiler]!);
    const { code, output } = await node([join(place(tsc), manifestOf(tsc).bin!.tsc), "--project", project], project);
    return { ...cell, errors: code === 0 ? "" : output };
}

/** Processes all items, two at a time. */
async function inPairs<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    const left = [...all.entries()];
    const worker = async (): Promise<void> => {
        for (let next; (next = left.shift());) results[next[0]] = await work(next[1]);
    };
    await Promise.all([worker(), worker()]);
    return results;
}

function print(outcomes: readonly Outcome[], compilers: readonly string[]): void {
    const cells = (row: string, [first, ...more]: readonly string[]): string =>
        [row.padEnd(42), first, ...more].map((text = "") => text.padEnd(6)).join("");
    say(cells("TypeScript", compilers));
    for (const title of new Set(outcomes.map(titleOf))) {
        const row = compilers.map((compiler) => {
            const outcome = outcomes.find((each) => titleOf(each) === title && each.compiler === compiler)!;
            if (outcome.reason !== undefined) return "–";
            return outcome.errors === "" ? "✓" : "✗";
        });
        say(cells(title, row));
    }
    const reasons = new Set(outcomes.map(({ reason }) => reason).filter((reason) => reason !== undefined));
    if (reasons.size > 0) say(`\n– was not tried:\n${[...reasons].map((reason) => `  ${reason}`).join("\n")}`);
    for (const outcome of outcomes) {
        if (!outcome.errors) continue;
        const lines = outcome.errors.trim().split("\n");
        say(`\n✗ TypeScript ${outcome.compiler}, ${titleOf(outcome)}:`);
        say(lines.slice(0, 10).join("\n"));
        if (lines.length > 10) say(`… and ${lines.length - 10} lines more`);
    }
}

function titleOf({ nodeTypes, way }: Cell): string {
    return `${way.title}, @types/node ${nodeTypes}`;
}

async function main(): Promise<void> {
    const { only } = parseArgs({ options: { only: { type: "string" } } }).values;
    const compilers = Object.keys(COMPILERS).filter((compiler) => only === undefined || compiler === only);
    if (compilers.length === 0) throw new Error(`--only takes ${Object.keys(COMPILERS).join(", ")}`);
    await fetch();
    const installed = await Installed.create();
    try {
        const usual = Object.keys(NODE_TYPES).map((nodeTypes) => ({ nodeTypes, way: NODENEXT }));
        const rows = [...usual, ...OTHERS.map((way) => ({ nodeTypes: USUAL, way }))];
        const cells: Cell[] = rows.flatMap((row) => compilers.map((compiler) => ({ ...row, compiler })));
        const outcomes = await inPairs(cells, (cell) => check(installed, cell));
        print(outcomes, compilers);
        if (outcomes.some(({ errors }) => errors)) process.exitCode = 1;
    } finally {
        installed.remove();
    }
}

main().catch((error: unknown) => {
    say((error as Error).message);
    process.exitCode = 1;
});
