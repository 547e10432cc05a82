/** Control characters, characters that change the text direction, and lone surrogates. A peer may send any of them. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The same, except for line feeds. Also matches the colors that `Output.style` adds. */
const UNPRINTABLE_IN_LINES =
    // eslint-disable-next-line no-control-regex -- colors begin with one
    /\x1b\[\d{1,2}m|(?!\n)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes a text of a peer for printing in one line. */
export function escapeText(text: string): string {
    return text.replace(UNPRINTABLE, escapeCharacter);
}

/** Escapes lines before printing. A second barrier: their parts are escaped already. */
export function escapeLines(text: string, colors: boolean): string {
    return text.replace(UNPRINTABLE_IN_LINES, (match) => (match.length > 1 && colors ? match : escapeCharacter(match)));
}

/** Escapes the characters in a JSON text that JSON allows and terminals interpret. */
export function escapeJson(json: string): string {
    return json.replace(/[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, unicodeEscape);
}

function escapeCharacter(text: string): string {
    const code = text.charCodeAt(0);
    return code > 0xff ? unicodeEscape(text) : `\\x${code.toString(16).padStart(2, "0")}${text.slice(1)}`;
}

function unicodeEscape(character: string): string {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
