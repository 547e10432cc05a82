import { types } from "node:util";
import { detach } from "./detach";

/** Characters of a text that is printed, or sent as the reason of a failure. */
const MAX_TEXT = 4096;

/** The value that a handler has thrown, as an error: it may be anything, also an error of another realm. */
export function toError(thrown: unknown): Error {
    if (types.isNativeError(thrown) || isError(thrown)) return thrown;
    return new Error(textOf(thrown), { cause: thrown });
}

/** To look at the class of a value may throw, too: it may be a revoked Proxy. */
function isError(thrown: unknown): thrown is Error {
    try {
        return thrown instanceof Error;
    } catch {
        return false;
    }
}

/** The message of a thrown value. Never throws, whatever its members and its string form do. */
export function messageOf(thrown: unknown): string {
    try {
        const message: unknown = (thrown as { message?: unknown } | null | undefined)?.message;
        return typeof message === "string" ? detach(message.slice(0, MAX_TEXT)) : textOf(thrown);
    } catch {
        return "unknown error";
    }
}

/** The `code` of a thrown value, if it is a string as Node's are. Databases use numbers, too. */
export function codeOf(thrown: unknown): string | undefined {
    try {
        const code: unknown = (thrown as { code?: unknown } | null | undefined)?.code;
        return typeof code === "string" ? detach(code.slice(0, MAX_TEXT)) : undefined;
    } catch {
        return undefined;
    }
}

/** What a peer has sent, for a terminal: on one line, without control characters, and not too long. */
export function printable(said: unknown): string {
    return textOf(said)
        .replace(/\s+/g, " ")
        .replace(/[\p{Cc}\p{Cf}]/gu, "\uFFFD")
        .trim();
}

/** The string form of a value, where it has one. */
function textOf(value: unknown): string {
    try {
        return detach(String(value).slice(0, MAX_TEXT));
    } catch {
        return "unknown error";
    }
}
