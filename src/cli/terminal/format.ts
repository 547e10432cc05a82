import { escapeJson } from "./escape";
import { isTooDeep, limitDepth } from "../../inspect/frames/jsonDepth";

/** Shortens a text to at most `maxLength` characters. The last one is then an ellipsis. */
export function shorten(text: string, maxLength: number): string {
    if (text.length <= maxLength) return text;
    return `${text.slice(0, Math.max(0, maxLength - 1)).replace(/[\ud800-\udbff]$/, "")}…`;
}

/**
 * Formats a value as one line of JSON. Escapes all control characters, and replaces values that are nested too deeply.
 * Never throws.
 */
export function jsonLine(value: unknown): string {
    return escapeJson(boundedJson(value));
}

function boundedJson(value: unknown): string {
    try {
        const json = toJson(value);
        if (!isTooDeep(json)) return json;
    } catch {
        // JSON.stringify overflows the stack at some thousand levels. limitDepth removes them.
    }
    try {
        return toJson(limitDepth(value));
    } catch {
        return '"[too large to be printed]"'; // longer than the longest string
    }
}

/** `JSON.stringify` with its real return type. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;

/** JSON text of a value. `null` for values without one. */
function toJson(value: unknown): string {
    return stringify(value) ?? "null";
}

/** Formats a number with about three significant digits, and with separators of thousands. */
export function formatNumber(value: number): string {
    const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
