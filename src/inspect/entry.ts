import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import * as sockhop from "../index";
import type * as inspector from "./index";
import type { InspectOptions, Inspection } from "./InspectOptions";

export type { InspectOptions, Inspection } from "./InspectOptions";

/**
 * Package of the inspector and its page.
 *
 * @internal
 */
export const PACKAGE = "sockhop-inspect";

/**
 * What {@link loadInspector} returns.
 *
 * @internal
 */
export type Inspector = typeof inspector;

let loaded: Inspector | undefined;

/**
 * Shows the connections and messages of this program in a browser on the same computer.
 *
 * It loads the package `sockhop-inspect`, which must be installed in the version of this package. While no page is open,
 * messages cost nothing. The inspector does not keep the process alive.
 *
 * @returns the inspector, when it is listening
 * @throws SockhopError `ERR_BAD_OPTION` (as a rejection) for an invalid option, without that package, and while another
 * inspector of the process is open; or the error of the system, such as `EADDRINUSE`
 * @example
 * ```js
 * const { inspect } = require("sockhop/inspect");
 *
 * const { url } = await inspect();
 * console.log(`look at ${url}`);
 * ```
 */
export async function inspect(options: InspectOptions = {}): Promise<Inspection> {
    return await loadInspector().inspect(options);
}

/**
 * Loads the package of the inspector. It gets this library, so that there is one copy of its classes.
 *
 * @throws SockhopError `ERR_BAD_OPTION` without the package, or if it has another version
 * @internal
 */
export function loadInspector(): Inspector {
    if (loaded) return loaded;
    const file = find();
    if (file === undefined) {
        const message = `The inspector is a package of its own: npm install --save-dev ${PACKAGE}`;
        throw new sockhop.SockhopError(message, "ERR_BAD_OPTION");
    }
    const [own, other] = [path.join(__dirname, ".."), path.dirname(file)].map(versionOf);
    if (own !== other) {
        const message = `sockhop ${own} needs ${PACKAGE} ${own}, but ${other} is installed`;
        throw new sockhop.SockhopError(message, "ERR_BAD_OPTION");
    }
    const create = createRequire(file)(file) as (library: typeof sockhop) => Inspector;
    loaded = create(sockhop);
    return loaded;
}

/** Finds the package next to this one, in the project, or in the repository. */
function find(): string | undefined {
    const folders = [__dirname, process.cwd(), path.dirname(process.argv[1] ?? "")];
    for (const folder of folders) {
        const found = resolve(path.join(folder, "x"), `${PACKAGE}/inspector.js`);
        if (found !== undefined) return found;
    }
    return resolve(__filename, "./inspect-package/inspector.js");
}

function resolve(from: string, name: string): string | undefined {
    try {
        return createRequire(from).resolve(name);
    } catch {
        return undefined; // it is not installed there
    }
}

function versionOf(folder: string): string {
    return (JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as { version: string }).version;
}
