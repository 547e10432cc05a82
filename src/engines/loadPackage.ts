import { SockhopError } from "../index";
import { codeOf, memberOf, messageOf } from "../runtime/thrownValues";

/**
 * Loads the package of a client library, which is an optional peer dependency.
 *
 * @param name - of the package
 * @param versions - that have been tried
 * @param member - name of the function that creates a client
 * @returns this function
 * @throws {@link SockhopError} `ERR_NO_ENGINE` if the package is missing, too old, or does not load
 */
export async function loadPackage(
    name: string,
    versions: string,
    load: () => Promise<unknown>,
    member: string,
): Promise<(options: object) => unknown> {
    let loaded: unknown;
    try {
        loaded = await load();
    } catch (cause) {
        const problem = isMissing(cause, name) ? "is not installed" : "does not load";
        throw new SockhopError(`The package ${name} ${problem}: ${command(name, versions)}`, "ERR_NO_ENGINE", {
            cause,
        });
    }
    // An ES module that imports CommonJS may have the members in its default export only.
    const found = memberOf(loaded, member) ?? memberOf(memberOf(loaded, "default"), member);
    if (typeof found !== "function") throw oldPackageError(name, versions);
    return found as (options: object) => unknown;
}

/** Error of a package without the functions that the engine needs. */
export function oldPackageError(name: string, versions: string): SockhopError {
    return new SockhopError(`The package ${name} is too old: ${command(name, versions)}`, "ERR_NO_ENGINE");
}

function command(name: string, versions: string): string {
    return `npm install "${name}@${versions}"`;
}

/** True if the package is missing, and not one that it needs. */
function isMissing(error: unknown, name: string): boolean {
    const code = codeOf(error);
    if (code !== "MODULE_NOT_FOUND" && code !== "ERR_MODULE_NOT_FOUND") return false;
    const [line] = messageOf(error).split("\n", 1); // CommonJS lists files that require it in further lines
    return [`'${name}'`, `"${name}"`].some((quoted) => line?.includes(quoted));
}
