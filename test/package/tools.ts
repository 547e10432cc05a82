import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, npm, printed } from "./Installed";

/** Exact versions of packages by their installed names. */
export type Packages = Readonly<Record<string, string>>;

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
