import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build as bundle } from "esbuild";
import { parallel, series } from "gulp";

const DIST = join(__dirname, "dist");
const NODE: BuildOptions = { platform: "node", target: "node20" };

/** Runs one tool, which can be run by hand just as well. */
function run(...command: string[]): ChildProcess {
    return spawn("npx", command, { stdio: "inherit", shell: process.platform === "win32" });
}

export function lint(): ChildProcess {
    return run("eslint", "--ext", ".ts,.js", ".");
}

export function docs(): ChildProcess {
    return run("typedoc");
}

function clean(done: () => void): void {
    rmSync(DIST, { recursive: true, force: true });
    done();
}

function declarations(): ChildProcess {
    return run("tsc", "--project", "src");
}

/** Removes the declarations that no other leads to. */
function prune(done: () => void): void {
    const all = readdirSync(DIST, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".d.ts"))
        .map((file) => join(DIST, file));
    const reached = new Set<string>();
    const reach = (file: string): void => {
        if (reached.has(file)) return;
        reached.add(file);
        const text = readFileSync(file, "utf8");
        for (const [, name] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) reach(join(file, "..", `${name}.d.ts`));
    };
    for (const file of all) if (file === join(DIST, "index.d.ts") || file.startsWith(join(DIST, "compat"))) reach(file);
    for (const file of all) if (!reached.has(file)) rmSync(file);
    done();
}

/**
 * One file, since many take three times as long to load, and a tiny one for each old deep path. It reads as its sources do,
 * so it needs no source map.
 */
async function library(): Promise<void> {
    await bundle({
        ...NODE,
        entryPoints: ["src/index.ts"],
        outfile: "dist/index.js",
        bundle: true,
    });
    await bundle({ ...NODE, entryPoints: ["src/compat/*.ts"], outdir: "dist/compat", format: "cjs" });
}

/**
 * The door for `import`, which opens on the very classes that `require` gives. The names are written out, since not every
 * bundler finds them in CommonJS.
 */
function modules(done: () => void): void {
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
 * `require("../index")` finds that.
 */
export async function cli(): Promise<void> {
    const { metafile } = await bundle({
        ...NODE,
        entryPoints: ["src/cli/main.ts"],
        outfile: "dist/cli/main.js",
        bundle: true,
        minify: true,
        charset: "utf8",
        external: ["../index"],
        alias: { "string-width": "./src/cli/width.ts" }, // which knows all emojis, a tenth of the bundle
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
export const build = series(clean, parallel(series(declarations, prune), series(library, modules), cli));

export default parallel(lint, docs);
