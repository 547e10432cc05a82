/**
 * Characters that a terminal obeys, that change the order of those beside them, or that are half a character: a peer may
 * send them.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The same, besides line feeds and the colors that {@link Output.style} uses. */
const UNPRINTABLE_IN_LINES =
    // eslint-disable-next-line no-control-regex -- colors begin with one
    /\x1b\[\d{1,2}m|(?!\n)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text from a peer, in one line, as it may be printed. */
export function escapeText(text: string): string {
    return text.replace(UNPRINTABLE, escapeOf);
}

/** Lines as they may be printed. The last guard: what they consist of is escaped already. */
export function escapeLines(text: string, colors: boolean): string {
    return text.replace(UNPRINTABLE_IN_LINES, (match) => (match.length > 1 && colors ? match : escapeOf(match)));
}

/** A JSON text without characters that terminals obey although JSON leaves them as they are. */
export function escapeJson(json: string): string {
    return json.replace(/[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, unicodeEscapeOf);
}

function escapeOf(text: string): string {
    const code = text.charCodeAt(0);
    return code > 0xff ? unicodeEscapeOf(text) : `\\x${code.toString(16).padStart(2, "0")}${text.slice(1)}`;
}

function unicodeEscapeOf(character: string): string {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
