import { memberOf } from "../../runtime/thrownValues";

// The token of a connection that can be resumed is a secret: who has it can resume the connection. It is a string of 32 hexadecimal
// digits in greetings, which are lines of JSON. Its first digits are shown, to recognize it.

/** Number of digits that are shown: too few to use the token. */
const SHOWN_DIGITS = 8;

/** A digit in JSON text, which may be escaped: the text of a terminator is. */
const DIGIT = String.raw`(?:[\da-f]|\\u00(?:3\d|6[1-6]))`;

/** A string of as many digits as a token, or its start at the end of the text, which may cut an escaped digit. */
const TOKEN = new RegExp(
    String.raw`("${DIGIT}{${SHOWN_DIGITS}})(?:${DIGIT}{24}(?!${DIGIT})|${DIGIT}{1,24}(?:\\u?[\da-f]{0,3})?$)`,
    "g",
);

/** First digits of a token. */
export function startOfToken(token: string): string {
    return `${token.slice(0, SHOWN_DIGITS)}…`;
}

/** Hides tokens in the text of a frame that is not a greeting, but may be a part of one. */
export function hideTokens(text: string): string {
    return text.replace(TOKEN, "$1…");
}

/** Hides the token in a parsed greeting. Leaves other values unchanged. */
export function hideTokenIn(frame: unknown): void {
    const resume = memberOf(memberOf(memberOf(frame, "data"), "hello"), "resume");
    const token = memberOf(resume, "token");
    if (typeof token === "string") (resume as { token: string }).token = startOfToken(token);
}
