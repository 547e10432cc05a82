/**
 * Maximum depth of arrays and objects in printed JSON. Programs that read JSON have limits: 256 (jq 1.6), 1000 (Python).
 * `JSON.stringify` fails at some thousand levels, and `JSON.parse` becomes 30 times slower.
 */
export const MAX_DEPTH = 200;

/** Replaces a value below {@link MAX_DEPTH}. */
export const TOO_DEEP = "[nested too deeply]";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** True if a JSON text has more levels than `maxDepth`. The text need not be valid JSON. */
export function isTooDeep(json: string, maxDepth = MAX_DEPTH): boolean {
    let depth = 0;
    let quoted = false;
    for (let index = 0; index < json.length; index++) {
        const code = json.charCodeAt(index);
        if (code === QUOTE) quoted = !quoted;
        else if (quoted) index += code === BACKSLASH ? 1 : 0;
        else if (code === OPENING_BRACKET || code === OPENING_BRACE) depth += 1;
        else if (code === CLOSING_BRACKET || code === CLOSING_BRACE) depth -= 1;
        if (depth > maxDepth) return true;
    }
    return false;
}

/** Copies a value, and replaces everything below `depth` levels. */
export function limitDepth(value: unknown, depth = MAX_DEPTH): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (depth === 0) return TOO_DEEP;
    if (Array.isArray(value)) return value.map((item) => limitDepth(item, depth - 1));
    const members = Object.entries(value).map(([key, member]) => [key, limitDepth(member, depth - 1)] as const);
    return Object.fromEntries(members);
}
