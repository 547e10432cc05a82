/**
 * Levels of arrays and objects within each other that are printed as JSON. Programs that read JSON have limits: 256 (jq 1.6),
 * 1000 (Python). JSON.stringify fails at some thousand levels, and JSON.parse becomes 30 times slower.
 */
export const MAX_DEPTH = 200;

/** Stands for what is nested deeper. */
const TOO_DEEP = "[nested too deeply]";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether a JSON text nests arrays and objects deeper than it is good for. Does not check that it is JSON. */
export function isTooDeep(json: string): boolean {
    let level = 0;
    let quoted = false;
    for (let at = 0; at < json.length; at++) {
        const code = json.charCodeAt(at);
        if (code === QUOTE) quoted = !quoted;
        else if (quoted) at += code === BACKSLASH ? 1 : 0;
        else if (code === 0x5b || code === 0x7b)
            level += 1; // [ {
        else if (code === 0x5d || code === 0x7d) level -= 1; // ] }
        if (level > MAX_DEPTH) return true;
    }
    return false;
}

/** A copy of a value, without what is nested too deeply. */
export function limitDepth(value: unknown, levels = MAX_DEPTH): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (levels === 0) return TOO_DEEP;
    if (Array.isArray(value)) return value.map((item) => limitDepth(item, levels - 1));
    const members = Object.entries(value).map(([key, member]) => [key, limitDepth(member, levels - 1)] as const);
    return Object.fromEntries(members);
}
