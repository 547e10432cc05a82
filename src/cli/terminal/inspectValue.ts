import { inspect } from "node:util";
import { shorten } from "./format";

/** Levels that are shown to people; then come `[Array]` and `[Object]`. */
const LEVELS = 8;

/** Items of an array that are shown to people. */
const MAX_ITEMS = 100;

/** Characters of a text within a value that are shown to people. */
const MAX_TEXT = 10_000;

/** Stands for the items or members that are not shown. */
class Omission {
    constructor(private readonly text: string) {}

    [inspect.custom](): string {
        return this.text;
    }
}

/**
 * A value for people. The work and the length are bounded, whatever a peer has sent; control characters are escaped.
 *
 * @param size - characters of it that are shown, not counting what separates them
 */
export function inspectValue(
    value: unknown,
    size: number,
    options: { colors?: boolean; breakLength: number; compact?: boolean },
): string {
    const limits = { depth: LEVELS, maxArrayLength: null, maxStringLength: null };
    return inspect(new Excerpt(size).of(value, LEVELS), { compact: 3, ...options, ...limits });
}

/** Copies the beginning of a value. */
class Excerpt {
    #left: number;

    constructor(size: number) {
        this.#left = size;
    }

    of(value: unknown, levels: number): unknown {
        if (typeof value === "string") return this.#text(value);
        this.#left -= 4;
        if (typeof value !== "object" || value === null || levels < 0) return value;
        return Array.isArray(value) ? this.#array(value, levels) : this.#object(value, levels);
    }

    #text(text: string): string {
        const shown = shorten(text, Math.min(MAX_TEXT, Math.max(1, this.#left)));
        this.#left -= shown.length + 2;
        return shown;
    }

    #array(items: unknown[], levels: number): unknown[] {
        const shown: unknown[] = [];
        for (const item of items) {
            if (this.#left <= 0 || shown.length === MAX_ITEMS) break;
            shown.push(this.of(item, levels - 1));
        }
        const more = items.length - shown.length;
        return more === 0 ? shown : [...shown, new Omission(`... ${more} more item${more === 1 ? "" : "s"}`)];
    }

    #object(object: object, levels: number): object {
        const shown: [string, unknown][] = [];
        const keys = Object.keys(object);
        for (const key of keys) {
            if (this.#left <= 0) break;
            shown.push([this.#text(key), this.of((object as Record<string, unknown>)[key], levels - 1)]);
        }
        const more = keys.length - shown.length;
        if (more > 0) shown.push(["...", new Omission(`${more} more`)]);
        return Object.fromEntries(shown); // which makes also __proto__ a member
    }
}
