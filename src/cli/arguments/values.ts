import { UsageError } from "../errors";
import { escapedJson, shorten } from "../terminal/escape";
import { flattened, nestsTooDeeply } from "../terminal/nesting";

export { shorten };

/**
 * The value that somebody has typed: JSON, and what is none is a string, so that words need no quotes. What begins like
 * JSON that is more than a word has to be JSON.
 */
export function parseValue(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch (error) {
        if (!/^\s*["[{]/.test(text)) return text.trim();
        throw new UsageError(`this is not JSON (${(error as Error).message}): ${shorten(text.trim(), 60)}`);
    }
}

/**
 * A value in one line of JSON, with all control characters escaped: some terminals obey also those that JSON leaves. What
 * is nested too deeply is left out. Never throws, whatever has come from a peer.
 */
export function jsonLine(value: unknown): string {
    return escapedJson(shallowJson(value));
}

function shallowJson(value: unknown): string {
    try {
        const json = toJson(value);
        if (!nestsTooDeeply(json)) return json;
    } catch {
        // It is nested thousands of levels deep, so its end is left out.
    }
    try {
        return toJson(flattened(value));
    } catch {
        return '"[too large to be printed]"'; // longer than a string can be
    }
}

/** With the return value that it really has. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;

/** With `null` for what has no JSON. */
function toJson(value: unknown): string {
    return stringify(value) ?? "null";
}

/** The types that values have by themselves. */
const PLAIN: ReadonlySet<unknown> = new Set(["Object", "Array", "String", "Number", "Boolean"]);

/** A value that travels under the name of a class. One that is missing has none. */
export function typed(value: unknown, type: unknown): unknown {
    if (value === undefined || typeof type !== "string" || PLAIN.has(type)) return value;
    class Typed {
        toJSON(): unknown {
            return value;
        }
    }
    Object.defineProperty(Typed, "name", { value: type });
    return new Typed();
}

/** The values in the lines that are piped in. */
export async function* valuesIn(lines: AsyncIterable<string>): AsyncGenerator<unknown, void, void> {
    let number = 0;
    for await (const line of lines) {
        number += 1;
        if (line.trim() !== "") yield inLine(number, line);
    }
}

function inLine(number: number, line: string): unknown {
    try {
        return parseValue(line);
    } catch (error) {
        throw new Error(`line ${number}: ${(error as Error).message}`, { cause: error });
    }
}
