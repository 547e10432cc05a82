// node bundle.mjs TOOL: bundles both programs beside it in every way, below the folder TOOL.
// node bundle.mjs --compile FILE: writes one of them as an executable of Bun.
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

const HERE = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const [, , tool, executable] = process.argv;

const tools = {
    async esbuild({ entry, format, minify, folder, file }) {
        const { build } = await import("esbuild");
        const outfile = join(folder, file);
        await build({
            entryPoints: [entry],
            outfile,
            bundle: true,
            platform: "node",
            format,
            minify,
            logLevel: "error",
        });
    },

    async rollup({ entry, format, minify, folder, file }) {
        const { transform } = await import("esbuild"); // as a minifier
        const { rollup } = await import("rollup");
        const { default: commonjs } = await import("@rollup/plugin-commonjs");
        const { default: resolve } = await import("@rollup/plugin-node-resolve");
        const plugins = [resolve({ preferBuiltins: true }), commonjs()];
        const bundle = await rollup({ input: entry, plugins, external: /^node:/, onLog: () => {} });
        const { code } = (await bundle.generate({ format })).output[0];
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, file), minify ? (await transform(code, { minify })).code : code);
    },

    async webpack({ entry, format, minify, folder, file }) {
        const { default: webpack } = await import("webpack");
        const module = format === "esm";
        const stats = await new Promise((resolve, reject) => {
            const settings = {
                entry,
                target: "node20",
                mode: minify ? "production" : "development",
                devtool: false,
                cache: false,
                experiments: { outputModule: module },
                output: { path: folder, filename: file, module, chunkFormat: module ? "module" : "commonjs" },
            };
            webpack(settings, (error, stats) => (error ? reject(error) : resolve(stats)));
        });
        if (stats.hasErrors()) throw new Error(stats.toString());
    },

    async vite({ entry, format, minify, folder, file }) {
        const { build } = await import("vite");
        await build({
            configFile: false,
            root: HERE,
            logLevel: "error",
            ssr: { noExternal: true },
            build: {
                ssr: entry,
                minify,
                outDir: folder,
                emptyOutDir: false,
                rolldownOptions: { output: { format, entryFileNames: file } },
            },
        });
    },

    async bun({ entry, format, minify, folder, file }) {
        await bun(["build", entry, "--target=node", `--format=${format}`, `--outfile=${join(folder, file)}`], minify);
    },

    async viteLibrary({ entry, format, minify, folder, file }) {
        const { build } = await import("vite");
        const { builtinModules } = await import("node:module");
        await build({
            configFile: false,
            root: HERE,
            logLevel: "error",
            build: {
                lib: { entry, formats: [format], fileName: () => file },
                minify,
                outDir: folder,
                emptyOutDir: false,
                rolldownOptions: { external: [/^node:/, ...builtinModules] },
            },
        });
    },
};

/** Runs the program of the package `bun`. */
async function bun(args, minify) {
    const program = createRequire(import.meta.url).resolve("bun/bin/bun.exe");
    await promisify(execFile)(program, [...args, ...(minify ? ["--minify"] : [])]);
}

async function bundleAll() {
    for (const program of ["import.mjs", "require.cjs"]) {
        for (const format of ["cjs", "esm"]) {
            for (const minify of [false, true]) {
                const file = `${program}-${format}${minify ? "-min" : ""}.${format === "cjs" ? "cjs" : "mjs"}`;
                await tools[tool]({ entry: join(HERE, program), format, minify, folder: join(HERE, tool), file });
                console.log(file);
            }
        }
    }
}

if (tool === "--compile") await bun(["build", join(HERE, "import.mjs"), "--compile", `--outfile=${executable}`], true);
else await bundleAll();
