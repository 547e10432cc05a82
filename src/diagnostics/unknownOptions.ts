import { inspect } from "node:util";
import { printable } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";
import { nearestName } from "./nearestName";
import { warn } from "./warning";

/** Number of unknown options after which the object is no set of options, but a Buffer or an array, for example. */
const MAX_WARNINGS = 10;

/** Number of warnings in one process. More names are data of the program, not typing mistakes. */
const MAX_WARNED = 1000;

/** Characters of the name of an unknown option that are shown, and remembered. */
const MAX_NAME = 40;

const warned = new Set<string>();

/** Options of `net` and `tls` of Node.js, and the options that replace them here. */
const REPLACEMENTS = new Map([
    ["host", "address"],
    ["hostname", "address"],
    ["tls", "ssl"],
    ["ca", "ssl_options"],
    ["cert", "ssl_options"],
    ["key", "ssl_options"],
]);

/**
 * Emits a process warning for each unknown option, once per name, to reveal typing mistakes.
 *
 * @param names - known options
 * @param owner - option or method that the options belong to; empty for those of a constructor
 */
export function warnUnknownOptions(options: object, names: readonly string[], owner = ""): void {
    let count = 0;
    for (const name of Object.keys(options)) {
        if (names.includes(name)) continue;
        const shown = printable(name.slice(0, MAX_NAME)); // a program may pass an object of a peer
        const option = owner === "" ? `"${shown}"` : `"${shown}" of ${owner}`;
        if (warned.has(option)) continue;
        if (warned.size >= MAX_WARNED) return;
        warned.add(option);
        count += 1;
        if (count > MAX_WARNINGS) return;
        const replacement = REPLACEMENTS.get(name) ?? "";
        const suggestion = names.includes(replacement) ? replacement : nearestName(name, names);
        const hint = suggestion === undefined ? "" : `: did you mean "${suggestion}"?`;
        warn(`Unknown option ${option}${hint}`);
    }
}

/**
 * Warns of a string in the place of the options of a method, and of unknown names in them. The options may be missing,
 * or anything else that is no plain object: some programs use methods as listeners, or in `forEach()`.
 *
 * @param options - `null` counts as missing
 * @throws {@link SockhopError} `ERR_BAD_OPTION` if a getter of the program throws, so that no other error leaves a method
 */
export function checkMethodOptions(options: unknown, names: readonly string[], method: string): void {
    if (options === undefined || options === null) return;
    if (typeof options === "string") warnIgnored(options, `Options of ${method}() must be an object`);
    try {
        for (const name of names) Reflect.get(Object(options) as object, name);
        if (typeof options === "object" && isPlain(options)) warnUnknownOptions(options, names, `${method}()`);
    } catch (cause) {
        throw new SockhopError(`The options of ${method}() cannot be read`, "ERR_BAD_OPTION", { cause });
    }
}

/** Warns, once for each text, of a value in the place of an option. */
export function warnIgnored(value: unknown, expected: string): void {
    if (warned.has(expected)) return;
    warned.add(expected);
    warn(`${expected}: ${inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 40 })} is ignored`);
}

/** True for an object of no class, in any realm. A Proxy can throw. */
export function isPlain(value: object): boolean {
    try {
        const prototype: unknown = Object.getPrototypeOf(value);
        return prototype === null || Object.getPrototypeOf(prototype) === null;
    } catch {
        return false;
    }
}
