import { constants } from "node:buffer";
import { types } from "node:util";
import type { Path } from "../errors";
import { kindOf, pathText } from "../errors";

/** Limits of the search: members of all levels, and levels. */
const MAX_MEMBERS = 100_000;
const MAX_DEPTH = 1000;

/** Maximum number of items of an array whose text is not longer than a string can be: each has a comma. */
const MAX_ITEMS = constants.MAX_STRING_LENGTH / 2;

/** Part of a value that `JSON.stringify` refuses. */
export interface Fault {
    /** Reason; `undefined` for an error that the program has thrown there. */
    readonly reason: string | undefined;
    /** Keys of the part; empty for the value itself, or if the reason has the path. */
    readonly path: Path;
}

/** Object or array whose members are being searched. */
interface Level {
    readonly value: object;
    /** Names of the members; `undefined` for an array. */
    readonly names: readonly string[] | undefined;
    readonly length: number;
    index: number;
}

/**
 * Finds the reason for an exception of `JSON.stringify`, whose error rarely has the path: reads the value again, in the
 * same order. Getters and `toJSON()` are called a second time.
 *
 * Never throws. Returns `undefined` if there is no reason within the limits, or if the value is another one now.
 */
export function findFault(value: unknown): Fault | undefined {
    const search = new FaultSearch();
    try {
        return search.run(value);
    } catch {
        return { reason: undefined, path: search.path }; // the value has thrown, as it did before
    }
}

/** A loop, as recursion could exceed the stack again. */
class FaultSearch {
    readonly #levels: Level[] = [];
    /** Objects of all levels. */
    readonly #open = new Set<object>();
    #remaining = MAX_MEMBERS;

    /** Keys of the member that is being read. */
    get path(): Path {
        return this.#levels.map(({ names, index }) => names?.[index] ?? index);
    }

    run(root: unknown): Fault | undefined {
        const fault = this.#visit(root, "");
        if (fault) return fault;
        for (let level = this.#levels.at(-1); level; level = this.#levels.at(-1)) {
            level.index += 1;
            if (level.index >= level.length) {
                this.#levels.pop();
                this.#open.delete(level.value);
                continue;
            }
            if (--this.#remaining < 0) return undefined;
            const key = level.names?.[level.index] ?? String(level.index);
            const found = this.#visit((level.value as Record<string, unknown>)[key], key);
            if (found) return found;
        }
        return undefined;
    }

    /** Checks a value as `JSON.stringify` does, and starts a level for its members. */
    #visit(given: unknown, key: string): Fault | undefined {
        const value = converted(given, key);
        if (typeof value === "bigint") return { reason: kindOf(value), path: this.path };
        if (typeof value !== "object" || value === null) return undefined;
        if (types.isBoxedPrimitive(value)) return this.#visitBoxed(value);
        if (this.#open.has(value)) return { reason: this.#cycleText(value), path: [] };
        if (this.#levels.length === MAX_DEPTH) {
            return { reason: `more than ${MAX_DEPTH} levels of objects`, path: this.path };
        }
        const length = lengthOf(value);
        if (length !== undefined && length > MAX_ITEMS) return { reason: "an array that is too long", path: this.path };
        const names = length === undefined ? Object.keys(value) : undefined;
        this.#levels.push({ value, names, length: length ?? names?.length ?? 0, index: -1 });
        this.#open.add(value);
        return undefined;
    }

    #visitBoxed(value: object): Fault | undefined {
        if (types.isBigIntObject(value)) return { reason: "a BigInt", path: this.path };
        if (types.isNumberObject(value))
            Number(value); // calls valueOf() or toString() of the program
        else if (types.isStringObject(value)) String(value);
        return undefined;
    }

    #cycleText(value: object): string {
        const { path } = this;
        const depth = this.#levels.findIndex((level) => level.value === value);
        const target = depth === 0 ? "the value itself" : pathText(path.slice(0, depth));
        return `a cycle: ${pathText(path)} is ${target}`;
    }
}

/** Result of `toJSON()`, which BigInts and functions can have too. */
function converted(value: unknown, key: string): unknown {
    if ((typeof value !== "object" && typeof value !== "bigint" && typeof value !== "function") || value === null) {
        return value;
    }
    const { toJSON } = value as { toJSON?: unknown };
    return typeof toJSON === "function" ? (Reflect.apply(toJSON, value, [key]) as unknown) : value;
}

/** Number of elements of an array; 0 for numbers in a typed array, which are never a reason. */
function lengthOf(value: object): number | undefined {
    if (Array.isArray(value)) return value.length;
    if (!types.isTypedArray(value)) return undefined;
    return types.isBigInt64Array(value) || types.isBigUint64Array(value) ? value.length : 0;
}
