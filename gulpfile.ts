import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, type OnResolveResult, type Plugin, build as bundle } from "esbuild";
import { parallel, series } from "gulp";
import { rollUp, tidy } from "./build/declarations";

const DIST = join(__dirname, "dist");
/** The declarations of each source file, which are not published. The API report is made of them. */
const TREE = join(DIST, "types");
const NODE: BuildOptions = { platform: "node", target: "node20", ignoreAnnotations: true };

/** Runs one tool, which can be run by hand just as well. */
function run(...command: string[]): ChildProcess {
    return spawn("npx", command, { stdio: "inherit", shell: process.platform === "win32" });
}

function eslint(): ChildProcess {
    return run("eslint", "--ext", ".ts,.js", ".");
}

function prettier(): ChildProcess {
    return run("prettier", "--check", ".");
}

export const lint = parallel(eslint, prettier);

export function docs(): ChildProcess {
    return run("typedoc");
}

function clean(done: () => void): void {
    rmSync(DIST, { recursive: true, force: true });
    done();
}

function compile(): ChildProcess {
    return run("tsc", "--project", "src");
}

/** Writes the published declarations: one file with all of them, and the entry points, which the compiler has written. */
async function declarations(): Promise<void> {
    const target = join(DIST, "exports.d.ts");
    rollUp(join(TREE, "exports.d.ts"), target);
    writeFileSync(target, await tidy(readFileSync(target, "utf8")));
    cpSync(join(TREE, "index.d.ts"), join(DIST, "index.d.ts"));
    cpSync(join(TREE, "compat"), join(DIST, "compat"), { recursive: true });
}

/** Bundles the library for Node itself. One file loads three times as fast as many. It reads like its sources, so it needs no source map. */
async function library(): Promise<void> {
    await bundle({
        ...NODE,
        entryPoints: ["src/index.ts"],
        outfile: "dist/index.js",
        bundle: true,
    });
}

/**
 * Bundles the library for bundlers: an ES module without `require()`, which esbuild cannot put into an ES module of its own.
 * The condition `module` leads bundlers there by `import` and by `require()`, so that a bundle has one copy of each class.
 */
async function moduleForBundlers(): Promise<void> {
    await bundle({
        ...NODE,
        entryPoints: ["src/module.ts"],
        outfile: "dist/module.mjs",
        format: "esm",
        bundle: true,
        minifyWhitespace: true, // index.js is the one to read
        plugins: [replace(/\/builtins$/, { path: join(__dirname, "src/runtime/builtins.module.ts") })],
    });
}

/**
 * Writes a small file for each old deep path. It requires the package by its name: so Node and bundlers take the same file for
 * `sockhop` and for the deep path. As in 1.8 it has no `__esModule`, and its names can be imported.
 */
async function deepPaths(): Promise<void> {
    const sources = readdirSync("src/compat");
    const entryPoints = sources.map((file) => join("src/compat", file));
    await bundle({ ...NODE, entryPoints, outdir: "dist/compat", format: "cjs" });
    for (const file of sources.map((source) => join(DIST, "compat", source.replace(/\.ts$/, ".js")))) {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- it was built just now
        const exported = require(file) as object;
        const single = typeof exported === "function";
        const names = single ? exported.name : Object.keys(exported).join(", ");
        const code = `const { ${names} } = require("sockhop");\n\nmodule.exports = ${single ? names : `{ ${names} }`};\n`;
        writeFileSync(file, `"use strict";\n\n${code}`);
    }
}

/** Puts something else in the place of the imports that match. */
function replace(filter: RegExp, result: OnResolveResult): Plugin {
    return {
        name: "replace",
        setup: (build) => {
            build.onResolve({ filter }, () => result);
        },
    };
}

/**
 * Writes the file for `import` in Node, which gives the classes that `require` gives. The names are written out, since not every
 * tool finds them in CommonJS.
 */
function namesForImport(done: () => void): void {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it was built just now
    const library = require(join(DIST, "index.js")) as object;
    const names = Object.keys(library)
        .filter((name) => name !== "default")
        .sort();
    const code = `import Sockhop from "./index.js";\n\nexport default Sockhop;\nexport const {\n    ${names.join(",\n    ")},\n} = Sockhop;\n`;
    writeFileSync(join(DIST, "index.mjs"), code);
    writeFileSync(
        join(DIST, "index.d.mts"),
        `export * from "./exports.js";\nexport * as default from "./exports.js";\n`,
    );
    done();
}

/**
 * The command line, with what it needs of other packages, whose licences stand beside it. The library stays outside:
 * `require("../index")` finds it.
 */
export async function cli(): Promise<void> {
    const { metafile } = await bundle({
        ...NODE,
        entryPoints: ["src/cli/main.ts"],
        outfile: "dist/cli/main.js",
        bundle: true,
        minify: true,
        charset: "utf8",
        alias: { "string-width": "./src/cli/terminal/stringWidth.ts" }, // which knows all emojis, a tenth of the bundle
        plugins: [replace(/^(\.\.\/)+index$/, { path: "../index", external: true })],
        metafile: true,
    });
    const inside = Object.keys(metafile.inputs).map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
    const packages = [...new Set(inside)].filter((name) => name !== undefined).sort();
    if (packages.length === 0) throw new Error("the packages that are bundled are not found in node_modules");
    writeFileSync(join(DIST, "cli/LICENSES.txt"), packages.map(licence).join("\n"));
}

/** The licence of a package, with its name. */
function licence(name: string): string {
    const folder = join(__dirname, "node_modules", name);
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    if (file === undefined) throw new Error(`${name} is bundled, and no licence of it is found`);
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
    return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

/** All that is published. */
export const build = series(
    clean,
    parallel(
        series(compile, declarations),
        series(library, parallel(namesForImport, deepPaths)),
        moduleForBundlers,
        cli,
    ),
);

export default parallel(lint, docs);
