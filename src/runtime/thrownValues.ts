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
 * Returns the message of a thrown value, or a short text. Never throws, even if a member of the value throws. Calls no
 * string conversion of an object.
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

/** Bits of the largest BigInt that is written out. A larger one takes more than linear time. */
const MAX_BIGINT_BITS = 1024;

/**
 * Text of a value, in bounded time. The value can be from a peer: the string form of an array is that of its items, and
 * arrays that share items can make it exponentially long. So the text of an object only names its class.
 */
function textOf(value: unknown): string {
    try {
        return detach(shortText(value).slice(0, MAX_TEXT));
    } catch {
        return "unknown error";
    }
}

function shortText(value: unknown): string {
    if (typeof value === "bigint" && BigInt.asIntN(MAX_BIGINT_BITS, value) !== value) return "a large BigInt";
    const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
    return isObject ? Object.prototype.toString.call(value) : String(value);
}
