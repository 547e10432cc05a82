import { escapeJson } from "./escape";
import { isTooDeep, limitDepth } from "./jsonDepth";

/** A text that fits into a line, its end left out if need be. */
export function shorten(text: string, most: number): string {
    return text.length <= most ? text : `${text.slice(0, Math.max(0, most - 1)).replace(/[\ud800-\udbff]$/, "")}…`;
}

/**
 * A value in one line of JSON, with all control characters escaped: some terminals obey also those that JSON leaves. What
 * is nested too deeply is left out. Never throws, whatever has come from a peer.
 */
export function jsonLine(value: unknown): string {
    return escapeJson(shallowJson(value));
}

function shallowJson(value: unknown): string {
    try {
        const json = toJson(value);
        if (!isTooDeep(json)) return json;
    } catch {
        // It is nested thousands of levels deep, so its end is left out.
    }
    try {
        return toJson(limitDepth(value));
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

/** A number with so many digits that it can be read at a glance. */
export function formatNumber(value: number): string {
    const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
