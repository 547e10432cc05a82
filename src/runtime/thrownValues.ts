import { types } from "node:util";
import { detach } from "./detach";

/** Maximum length of a text that is printed or sent as an error message, in characters. */
const MAX_TEXT = 4096;

/**
 * Converts a thrown value to an error. It can be any value, or an error of another realm, which is returned unchanged.
 */
export function toError(thrown: unknown): Error {
    if (types.isNativeError(thrown) || isError(thrown)) return thrown;
    return new Error(textOf(thrown), { cause: thrown });
}

/** True for an instance of Error. `instanceof` can throw: the value may be a revoked Proxy. */
function isError(thrown: unknown): thrown is Error {
    try {
        return thrown instanceof Error;
    } catch {
        return false;
    }
}

/**
 * Returns the message of a thrown value. Never throws, even if a member or the string conversion of the value throws.
 */
export function messageOf(thrown: unknown): string {
    try {
        const message: unknown = (thrown as { message?: unknown } | null | undefined)?.message;
        return typeof message === "string" ? detach(message.slice(0, MAX_TEXT)) : textOf(thrown);
    } catch {
        return "unknown error";
    }
}

/** Returns the `code` of a thrown value if it is a string, as in Node. Database clients also use numbers. */
export function codeOf(thrown: unknown): string | undefined {
    try {
        const code: unknown = (thrown as { code?: unknown } | null | undefined)?.code;
        return typeof code === "string" ? detach(code.slice(0, MAX_TEXT)) : undefined;
    } catch {
        return undefined;
    }
}

/** Returns a member of a value of any kind; `undefined` if reading it throws. */
export function memberOf(value: unknown, name: string): unknown {
    try {
        return (value as Record<string, unknown> | null | undefined)?.[name];
    } catch {
        return undefined;
    }
}

/** Converts a value from a peer to text for a terminal: one line, no control characters, limited length. */
export function printable(value: unknown): string {
    return textOf(value)
        .replace(/\s+/g, " ")
        .replace(/[\p{Cc}\p{Cf}]/gu, "\uFFFD")
        .trim();
}

/** Converts a value to a string, if that is possible. */
function textOf(value: unknown): string {
    try {
        return detach(String(value).slice(0, MAX_TEXT));
    } catch {
        return "unknown error";
    }
}
