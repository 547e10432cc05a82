import { inspect } from "node:util";
import { shorten } from "./format";

/** Levels that are shown. `[Array]` and `[Object]` stand for deeper ones. */
const MAX_LEVELS = 8;

/** Items of an array that are shown. */
const MAX_ITEMS = 100;

/** Characters of one string that are shown. */
const MAX_STRING = 10_000;

/** Placeholder for items or members that are not shown. */
class Omission {
    constructor(private readonly text: string) {}

    [inspect.custom](): string {
        return this.text;
    }
}

/**
 * Formats a value as `util.inspect` does, in bounded time and length for any value of a peer. Escapes control characters.
 *
 * @param size - characters of the value that are shown, without separators
 */
export function inspectValue(
    value: unknown,
    size: number,
    options: { colors?: boolean; breakLength: number; compact?: boolean },
): string {
    const limits = { depth: MAX_LEVELS, maxArrayLength: null, maxStringLength: null };
    return inspect(new Excerpt(size).copy(value, MAX_LEVELS), { compact: 3, ...options, ...limits });
}

/** Copies the beginning of a value. */
class Excerpt {
    #remaining: number;

    constructor(size: number) {
        this.#remaining = size;
    }

    copy(value: unknown, levels: number): unknown {
        if (typeof value === "string") return this.#string(value);
        this.#remaining -= 4;
        if (typeof value !== "object" || value === null || levels < 0) return value;
        return Array.isArray(value) ? this.#array(value, levels) : this.#object(value, levels);
    }

    #string(text: string): string {
        const shown = shorten(text, Math.min(MAX_STRING, Math.max(1, this.#remaining)));
        this.#remaining -= shown.length + 2;
        return shown;
    }

    #array(items: unknown[], levels: number): unknown[] {
        const shown: unknown[] = [];
        for (const item of items) {
            if (this.#remaining <= 0 || shown.length === MAX_ITEMS) break;
            shown.push(this.copy(item, levels - 1));
        }
        const more = items.length - shown.length;
        return more === 0 ? shown : [...shown, new Omission(`... ${more} more item${more === 1 ? "" : "s"}`)];
    }

    #object(object: object, levels: number): object {
        const shown: [string, unknown][] = [];
        const keys = Object.keys(object);
        for (const key of keys) {
            if (this.#remaining <= 0) break;
            shown.push([this.#string(key), this.copy((object as Record<string, unknown>)[key], levels - 1)]);
        }
        const more = keys.length - shown.length;
        if (more > 0) shown.push(["...", new Omission(`${more} more`)]);
        return Object.fromEntries(shown); // unlike an assignment, it makes `__proto__` a member
    }
}
