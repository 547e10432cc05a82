import { debuglog, inspect } from "node:util";
import { codeOf, isError, memberOf } from "../errors";
import { escapeText } from "./escape";
import { shorten } from "./format";

/** Characters of an error that are printed. */
const MAX_MESSAGE = 500;

/** What an error says, as a part of a line, with its code. Never throws, whatever the error is. */
export function errorMessage(error: unknown): string {
    const code = codeOf(error);
    const message = textOf(error) || code || "failed";
    // What looks like the beginning of a sentence becomes a part of one; control characters of a peer stay away.
    const text = shorten(message, 10 * MAX_MESSAGE)
        .replace(/[\s\p{Cc}]+/gu, " ")
        .trim()
        .replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
    return (
        shorten(escapeText(text) || "failed", MAX_MESSAGE) +
        (code === undefined ? "" : ` (${escapeText(shorten(code, 60))})`)
    );
}

/** The text of anything that can be thrown. */
function textOf(error: unknown): string {
    const message = isError(error) ? memberOf(error, "message") : error;
    if (typeof message === "string") return message;
    if (isError(error)) return "";
    try {
        return inspect(message, { depth: 2, breakLength: Infinity, customInspect: false });
    } catch {
        return "";
    }
}

/** An error as the line to print; with `NODE_DEBUG=sockhop` its stack instead. */
export function formatError(error: unknown): string {
    const stack = debuglog("sockhop").enabled && isError(error) ? memberOf(error, "stack") : undefined;
    return typeof stack === "string" ? shorten(stack, 20 * MAX_MESSAGE) : `sockhop: ${errorMessage(error)}`;
}
