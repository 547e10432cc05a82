import { typeName } from "../../protocol/typeName";
import { UsageError } from "../errors";
import { shorten } from "../terminal/format";

/**
 * Parses a typed value: JSON, otherwise a string, so that words need no quotes. A text that starts with `{`, `[` or `"` must
 * be JSON.
 */
export function parseValue(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch (error) {
        if (!/^\s*["[{]/.test(text)) return text.trim();
        throw new UsageError(`invalid JSON (${(error as Error).message}): ${shorten(text.trim(), 60)}`);
    }
}

/** A class name before JSON, such as `Widget {"color":"red"}`. */
const NAMED = /^(?<type>[\p{L}_$](?:[\p{L}\p{N}_$.:-]*[\p{L}\p{N}_$])?)\s+(?<json>["[{].*)$/su;

/**
 * Parses a typed value that may have a class name: `Widget {"color":"red"}`. Only a value that starts with `{`, `[` or `"` can
 * have one, so that most sentences need no quotes.
 *
 * @param type - class name of a value without one
 */
export function parseNamedValue(text: string, type?: string): { value: unknown; type: string | undefined } {
    const named = NAMED.exec(text.trim())?.groups as { type: string; json: string } | undefined;
    if (named === undefined) return { value: parseValue(text), type };
    try {
        return { value: parseValue(named.json), type: named.type };
    } catch (error) {
        throw new UsageError(`${(error as Error).message} (to send a text, write it in quotes)`, { cause: error });
    }
}

/** Type names of values that are not instances of a user's class. */
const BUILT_IN: ReadonlySet<unknown> = new Set(["Object", "Array", "String", "Number", "Boolean"]);

/** Wraps a value in an instance of a class with this name. The name travels with the value. */
export function withTypeName(value: unknown, type: unknown): unknown {
    if (value === undefined || typeof type !== "string" || BUILT_IN.has(type)) return value;
    if (typeName(value) === type) return value; // such as a Date, which is no string with --codec binary
    class Typed {
        toJSON(): unknown {
            return value;
        }
    }
    Object.defineProperty(Typed, "name", { value: type });
    return new Typed();
}

/** Parses each line that is not blank. Errors state the line number. */
export async function* parseLines(lines: AsyncIterable<string>): AsyncGenerator<unknown, void, void> {
    let number = 0;
    for await (const line of lines) {
        number += 1;
        if (line.trim() !== "") yield parseLine(number, line);
    }
}

function parseLine(number: number, line: string): unknown {
    try {
        return parseValue(line);
    } catch (error) {
        throw new Error(`line ${number}: ${(error as Error).message}`, { cause: error });
    }
}
