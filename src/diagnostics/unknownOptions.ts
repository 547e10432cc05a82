import { inspect } from "node:util";
import { printable } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";
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
        const suggestion = names.includes(replacement) ? replacement : nearestOption(name, names);
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

/** Option name with the smallest edit distance, if at most a third of the letters differ. */
function nearestOption(name: string, names: readonly string[]): string | undefined {
    const normalized = normalize(name);
    let nearest: string | undefined;
    let minEdits = Math.max(1, Math.floor(normalized.length / 3)) + 1;
    for (const option of names) {
        const edits = editDistance(normalized, normalize(option));
        if (edits >= minEdits) continue;
        minEdits = edits;
        nearest = option;
    }
    return nearest;
}

/** Removes case and separators, so that `connectTimeout` equals `connect_timeout`. */
function normalize(name: string): string {
    return name.toLowerCase().replaceAll(/[_-]/g, "").slice(0, 40);
}

/** Number of letters to insert, remove, replace or swap with the next one (optimal string alignment). */
function editDistance(from: string, to: string): number {
    const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
    const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
    for (let row = 1; row <= from.length; row++) {
        rows[row] = [row];
        for (let column = 1; column <= to.length; column++) {
            const replaced = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
            const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
            const swapped = isSwap ? at(row - 2, column - 2) + 1 : Infinity;
            rows[row]?.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, replaced, swapped));
        }
    }
    return at(from.length, to.length);
}
