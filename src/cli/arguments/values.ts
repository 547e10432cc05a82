import { UsageError } from "../errors";
import { shorten } from "../terminal/format";

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

/** The types that values have by themselves. */
const PLAIN: ReadonlySet<unknown> = new Set(["Object", "Array", "String", "Number", "Boolean"]);

/** A value that travels under the name of a class. One that is missing has none. */
export function withTypeName(value: unknown, type: unknown): unknown {
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
export async function* parseLines(lines: AsyncIterable<string>): AsyncGenerator<unknown, void, void> {
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
