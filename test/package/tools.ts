import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, node, npm, printed } from "./Installed";

/** Exact versions of packages by their installed names. */
export type Packages = Readonly<Record<string, string>>;

const BUNDLERS = {
    "@rollup/plugin-commonjs": "29.0.3",
    "@rollup/plugin-node-resolve": "16.0.3",
    bun: "1.4.5",
    esbuild: "0.28.2",
    rollup: "4.68.8",
    vite: "8.3.8",
    webpack: "5.113.0",
    "webpack-cli": "7.3.1",
};

const RUNNERS = {
    "@sinonjs/fake-timers": "15.5.0",
    jest: "30.5.2",
    "jest-environment-jsdom": "30.5.2",
    jsdom: "26.1.0",
    vitest: "4.1.12",
};

/** Installs the bundlers. Returns their `node_modules` folder. */
export function installBundlers(): Promise<string> {
    return install("sockhop-bundlers", BUNDLERS);
}

/** Installs the test runners. Returns their `node_modules` folder. */
export function installRunners(): Promise<string> {
    return install("sockhop-runners", RUNNERS);
}

/**
 * Installs packages for one test only. They are kept in node_modules/.cache until their versions change.
 *
 * @returns the `node_modules` folder of the packages
 */
export async function install(name: string, packages: Packages): Promise<string> {
    const folder = join(ROOT, "node_modules/.cache", name);
    const manifest = JSON.stringify({ private: true, dependencies: packages });
    const done = join(folder, "done");
    if (!existsSync(done) || readFileSync(done, "utf8") !== manifest) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "package.json"), manifest);
        await printed(npm(["install"], folder));
        // No install scripts have run. That of Bun moves its program to the place where npx finds it.
        if (packages["bun"]) await printed(node(["install.js"], join(folder, "node_modules/bun")));
        writeFileSync(done, manifest);
    }
    return join(folder, "node_modules");
}

/** Links each package of a folder `node_modules` into another one. */
export function link(from: string, to: string): void {
    for (const name of readdirSync(from)) {
        if (name.startsWith(".")) continue;
        if (name.startsWith("@")) {
            mkdirSync(join(to, name), { recursive: true });
            link(join(from, name), join(to, name));
        } else {
            symlinkSync(join(from, name), join(to, name), "junction");
        }
    }
}
