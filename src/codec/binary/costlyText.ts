// Texts of values that a receiver would take long to parse. A sender refuses them, too.

const MAX_URL_HOST = 1024;

/** Form that `href` of a URL has: a host ends behind two slashes, or the scheme is one whose host is not converted. */
const LONG_URL = /^(?:[a-z]+:\/\/[^/?#\\]{0,1024}(?:[/?#]|$)|(?!(?:https?|wss?|ftp|file):)[a-z])/i;

const ANYTHING = /(?:)/;

/** Tests a text of a peer. V8 keeps the last text that a pattern has matched, however long, so another match follows. */
export function matches(pattern: RegExp, text: string): boolean {
    const isMatch = pattern.test(text);
    ANYTHING.test("");
    return isMatch;
}

/**
 * True for a RegExp that can take long to parse: with the flag `v`, or with `\p{…}`. Each of them can be a set of
 * thousands of ranges. 1024 characters took 2000 and 16 ms (Node 20.20). All others took at most 1.3 ms.
 */
export function isCostlyRegExp(source: string, flags: string): boolean {
    return flags.includes("v") || (flags.includes("u") && matches(/\\p\{/i, source));
}

/**
 * True for a URL that can take long to parse. The time is not linear in the length of a host: 16 000 characters that are
 * not ASCII took 170 ms (Node 20.20). A host has at most 1024 characters here.
 */
export function isCostlyUrl(text: string): boolean {
    return !matches(/^[ -~]*$/, text) || (text.length > MAX_URL_HOST && !matches(LONG_URL, text));
}
