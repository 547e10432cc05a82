import { debuglog, inspect } from "node:util";
import { memberOf } from "../../runtime/thrownValues";
import { errorCode, isError } from "../errors";
import { escapeText } from "./escape";
import { shorten } from "./format";

/** Maximum length of a printed error message, in characters. */
const MAX_MESSAGE = 500;

/** Part of an error of the library that is of use to its programs only. */
const PROGRAM_ADVICE = /: await connect\(\) first(, or use the option queue)?$/;

/** Formats an error as one line. With `NODE_DEBUG=sockhop`, returns its stack instead. Never throws. */
export function formatError(error: unknown): string {
    const stack = debuglog("sockhop").enabled && isError(error) ? memberOf(error, "stack") : undefined;
    return typeof stack === "string" ? shorten(stack, 20 * MAX_MESSAGE) : `sockhop: ${errorMessage(error)}`;
}

/** Message and code of an error, as a part of one line. Control characters are escaped. Never throws. */
export function errorMessage(error: unknown): string {
    const code = errorCode(error);
    const message = textOf(error) || code || "failed";
    // The text continues a line, so a capital letter at the start of a sentence becomes lower case.
    const text = shorten(message, 10 * MAX_MESSAGE)
        .replace(PROGRAM_ADVICE, "")
        .replace(/[\s\p{Cc}]+/gu, " ")
        .trim()
        .replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
    const suffix = code === undefined ? "" : ` (${escapeText(shorten(code, 60))})`;
    return shorten(escapeText(text) || "failed", MAX_MESSAGE) + suffix;
}

/** Text of a thrown value of any type. */
function textOf(error: unknown): string {
    const message = isError(error) ? memberOf(error, "message") : error;
    if (typeof message === "string") return message;
    if (isError(error)) return "";
    try {
        return inspect(message, { depth: 2, breakLength: Infinity, customInspect: false });
    } catch {
        return ""; // a proxy or a getter may throw
    }
}
