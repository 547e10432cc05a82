import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
    type BuildOptions,
    type OutputFile,
    type OnResolveResult,
    type Plugin,
    build as bundle,
    transform,
    transformSync,
} from "esbuild";
import { parallel, series } from "gulp";
import {
    INDEX,
    LOADED_BY_ENGINES,
    engineForBundlers,
    engineForImport,
    engineForNode,
} from "./test/package/engineEntryPoints";
import { asFunction, forBundlers, forImport, forNode, loadedModules } from "./test/package/entryPoints";
import { rollUp, tidy } from "./test/package/rollUp";

const DIST = join(__dirname, "dist");
/** The declarations of each source file, which are not published. The API report is made of them. */
const TREE = join(DIST, "types");
/** Engines of clusters that are entry points of their own, and the packages that they load. */
const ENGINES = { nats: "@nats-io/transport-node", redis: "redis" };
/** The package of the inspector: its sources, and what is published. */
const INSPECT_SOURCE = join(__dirname, "src/inspect/package");
const INSPECT = join(DIST, "inspect-package");
const NODE = { platform: "node", target: "node20", ignoreAnnotations: true } satisfies BuildOptions;

/** Names that begin with `_` and stay: those of 1.x, of messages, and of Node.js. */
const KEPT = [
    ...["_sock", "_server", "_map", "_end_socket", "_connect_timeout", "_response_stream_map", "_response_stream_maps"],
    ...["_id", "_created", "_returned", "_finished"],
    ...["_parent", "_write", "_writev"],
];

/**
 * Members that only the library knows begin with `_` in the sources, and with `$` in the build: subclasses in programs for 1.x have
 * members of any name.
 */
function ownNames(code: string): Pick<BuildOptions, "mangleProps" | "mangleCache"> {
    const names = code.match(/\b_[a-z]\w*/g) ?? [];
    const mangleCache = Object.fromEntries(
        names.map((name) => [name, !KEPT.includes(name) && name.replace("_", () => "$")]),
    );
    return { mangleProps: /^_[a-z]/, mangleCache };
}

/** Text of a bundle, which is one file. */
function textOf(outputFiles: readonly OutputFile[]): string {
    return outputFiles.map(({ text }) => text).join("");
}

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
    mkdirSync(join(DIST, "engines"), { recursive: true });
    for (const name of Object.keys(ENGINES)) {
        const text = readFileSync(join(TREE, `engines/${name}.d.ts`), "utf8").replace('"../index"', '"../exports.js"');
        writeFileSync(join(DIST, `engines/${name}.d.ts`), await tidy(text));
        writeFileSync(join(DIST, `engines/${name}.d.mts`), `export * from "./${name}.js";\n`);
    }
}

/**
 * Bundles the library in one file, which loads three times as fast as many. The entry points for Node.js and for bundlers share it.
 * It has no comments, and short names inside of functions. Classes, functions and public methods keep their names, for stack traces.
 */
async function library(): Promise<void> {
    const { outputFiles } = await bundle({
        ...NODE,
        entryPoints: ["src/index.ts"],
        format: "cjs",
        bundle: true,
        minifyWhitespace: true, // removes the comments
        write: false,
    });
    const bundled = textOf(outputFiles);
    const options = { ...NODE, ...ownNames(bundled), define: { require: "builtin" } };
    const { code } = await transform(bundled, options); // in lines again
    mkdirSync(DIST, { recursive: true });
    modules = loadedModules(asFunction(code));
    writeFileSync(join(DIST, "library.js"), asFunction(code, shorten));
}

/** Shortens code, without the names of its outermost level. Lines stay short enough for the stack of an uncaught exception. */
function shorten(code: string): string {
    const short = transformSync(code, {
        ...NODE,
        minifyIdentifiers: true,
        minifySyntax: true,
        minifyWhitespace: true,
        lineLimit: 160,
    }).code;
    return short.replaceAll("\\\n", ""); // a string over two lines would not survive a bundler that indents lines
}

/** Names of the modules of Node.js that the bundled library loads. */
let modules: readonly string[] = [];

/** Writes the entry points. */
function entryPoints(done: () => void): void {
    const target = join(DIST, "library.js");
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it was built just now
    const library = require(target) as (builtin: NodeJS.Require) => object;
    const names = Object.keys(library(require)).filter((name) => name !== "default");
    writeFileSync(join(DIST, "index.js"), forNode(modules, names));
    writeFileSync(join(DIST, "index.mjs"), forImport(names));
    writeFileSync(join(DIST, "module.mjs"), forBundlers(modules, names));
    const types = `export * from "./exports.js";\nexport * as default from "./exports.js";\n`;
    writeFileSync(join(DIST, "index.d.mts"), types);
    done();
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

/**
 * Bundles the engines in one file, a function as the library, and writes their entry points. Each of them loads one package, at first
 * use: by `require()` in Node.js, which also works in Jest, and by `import()` in a bundle, which is an ES module.
 */
export async function engines(): Promise<void> {
    const { outputFiles } = await bundle({
        ...NODE,
        stdin: {
            contents: Object.keys(ENGINES)
                .map((name) => `export { ${name}_engine } from "./${name}";`)
                .join("\n"),
            resolveDir: "src/engines",
            loader: "ts",
        },
        format: "cjs",
        bundle: true,
        minifyWhitespace: true, // removes the comments
        packages: "external",
        plugins: [replace(/^\.\.\/index$/, { path: INDEX, external: true })],
        write: false,
    });
    const bundled = textOf(outputFiles);
    const { code } = await transform(bundled, { ...NODE, define: { require: "builtin" } });
    const loading = code.replace(/\bimport\((PACKAGE\d*)\)/g, "builtin($1)");
    const folder = join(DIST, "engines");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "engines.js"), asFunction(loading, shorten, LOADED_BY_ENGINES));
    for (const [name, needs] of Object.entries(ENGINES)) {
        const entry = { name: `${name}_engine`, needs, modules: loadedModules(loading) };
        writeFileSync(join(folder, `${name}.js`), engineForNode(entry));
        writeFileSync(join(folder, `${name}.mjs`), engineForImport(`./${name}.js`, entry));
        writeFileSync(join(folder, `${name}.module.mjs`), engineForBundlers(entry));
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
        plugins: [
            replace(/^(\.\.\/)+index$/, { path: "../index", external: true }),
            replace(/^(\.\.\/)+inspect\/entry$/, { path: "../inspect", external: true }),
        ],
        metafile: true,
    });
    writeFileSync(join(DIST, "cli/LICENSES.txt"), licences(Object.keys(metafile.inputs)));
}

/** The entry point `sockhop/inspect`, which loads the inspector. Node and bundlers take the same file for `sockhop`. */
export async function inspectEntry(): Promise<void> {
    await bundle({
        ...NODE,
        entryPoints: ["src/inspect/entry.ts"],
        outfile: "dist/inspect.js",
        format: "cjs",
        bundle: true,
        minify: true,
        plugins: [replace(/^(\.\.\/)+index$/, { path: "sockhop", external: true })],
    });
}

/** The inspector, in a package of its own, as a function that gets the library. */
export async function inspector(): Promise<void> {
    const { outputFiles } = await bundle({
        ...NODE,
        entryPoints: ["src/inspect/index.ts"],
        format: "cjs",
        bundle: true,
        minify: true,
        plugins: [replace(/^(\.\.\/)+index$/, { path: "sockhop", external: true })],
        write: false,
    });
    const bundled = textOf(outputFiles);
    const code = transformSync(bundled, { ...NODE, ...ownNames(bundled), minify: true, lineLimit: 160 }).code;
    mkdirSync(INSPECT, { recursive: true });
    writeFileSync(
        join(INSPECT, "inspector.js"),
        `"use strict";
const builtin = require;
module.exports = (sockhop) => {
const module = { exports: {} };
const require = (name) => (name === "sockhop" ? sockhop : builtin(name));
${code}return module.exports;
};
`,
    );
}

/** Writes the declarations of the entry point `sockhop/inspect`. */
async function inspectorDeclarations(): Promise<void> {
    const target = join(DIST, "inspect.d.ts");
    rollUp(join(TREE, "inspect/entry.d.ts"), target);
    writeFileSync(target, await tidy(readFileSync(target, "utf8")));
}

/** The page of the inspector, as one file, in a package of its own. */
export async function page(): Promise<void> {
    const source = join(INSPECT_SOURCE, "page");
    const { outputFiles, metafile } = await bundle({
        entryPoints: [join(source, "main.ts")],
        outdir: source,
        bundle: true,
        minify: true,
        format: "iife",
        target: "es2022",
        charset: "utf8",
        metafile: true,
        write: false,
        loader: { ".css": "css" },
    });
    const text = (ending: string): string => outputFiles.find(({ path }) => path.endsWith(ending))?.text.trim() ?? "";
    const script = text(".js").replaceAll("</script", "<\\/script");
    const html = readFileSync(join(source, "index.html"), "utf8")
        .replace("/* styles */", () => text(".css"))
        .replace("/* script */", () => script);
    mkdirSync(INSPECT, { recursive: true });
    for (const file of ["package.json", "bin.js", "README.md", "LICENSE"]) {
        cpSync(join(INSPECT_SOURCE, file), join(INSPECT, file));
    }
    writeFileSync(join(INSPECT, "page.html"), html);
    writeFileSync(join(INSPECT, "LICENSES.txt"), licences(Object.keys(metafile.inputs)));
}

/** Licences of the packages that bundled files belong to. */
function licences(bundled: readonly string[]): string {
    const inside = bundled.map((file) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
    const packages = [...new Set(inside)].filter((name) => name !== undefined).sort();
    if (packages.length === 0) throw new Error("the packages that are bundled are not found in node_modules");
    return packages.map(licence).join("\n");
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
        series(compile, declarations, inspectorDeclarations),
        series(library, entryPoints, deepPaths),
        engines,
        cli,
        inspectEntry,
        inspector,
        page,
    ),
);

export default parallel(lint, docs);
