import { RESERVED_TYPES } from "../protocol/Envelope";

/** Number of bytes that are searched for a foreign protocol: enough for the first line of an HTTP request. */
const MAX_START = 2048;

const OPENING_BRACE = "{".charCodeAt(0);

/** Length of the longest HTTP method in use, `UPDATEREDIRECTREF`. */
const MAX_METHOD = 17;

const HTTP_REQUEST = "the peer sent an HTTP request, as a web browser does";
const HTTP_RESPONSE = "the peer is an HTTP server";
const TLS_CLIENT = "the peer uses TLS, and this end does not (see the options ssl and ssl_options)";
const TLS_SERVER = "the peer requires TLS (see the options ssl and ssl_options)";

const SOCKHOP_STARTS = ["Object", "Array", "String", "Number", "Boolean", ...RESERVED_TYPES].map(
    (type) => `{"type":"${type}","data":`,
);

/**
 * Recognizes a protocol that is neither sockhop nor JSON.
 *
 * @param start - first bytes of a connection, as Latin-1 or UTF-8
 * @returns fault of the peer, as text; `undefined` if the text can be a message
 */
export function foreignProtocol(start: string): string | undefined {
    if (methodOf(start) !== undefined) return HTTP_REQUEST;
    if (start.startsWith("HTTP/")) return HTTP_RESPONSE;
    if (start.startsWith("\x16\x03")) return TLS_CLIENT; // a handshake record of TLS 1.x
    return start.startsWith("\x15\x03") ? TLS_SERVER : undefined; // an alert
}

/** Text of the first chunk of a connection for {@link foreignProtocol}; empty for a JSON object, as most chunks are. */
export function startOf(chunk: Buffer, length: number): string {
    return chunk[0] === OPENING_BRACE ? "" : chunk.toString("latin1", 0, Math.min(length, MAX_START));
}

/**
 * Returns the fault if this is the first line of an HTTP request that can have a body. Any web page can make a browser
 * send a POST, with messages in its body, to a server on the same machine; and any other method, if a name of its own
 * leads to that server (DNS rebinding).
 */
export function httpWithBody(frame: string): string | undefined {
    const method = methodOf(frame);
    return method === undefined || method === "GET" || method === "HEAD" ? undefined : HTTP_REQUEST;
}

/**
 * True for the start of a frame as sockhop writes it, with a built-in class or a message of the library. The peer of a
 * `"json"` endpoint can also be a program with an envelope of its own, whose types have other names.
 */
export function isSockhopFrame(frame: string): boolean {
    return SOCKHOP_STARTS.some((start) => frame.startsWith(start));
}

/**
 * Method of an HTTP request, if a text starts with its first line.
 *
 * Not a regular expression, because V8 keeps the last matched text (`RegExp.input`) in memory, however long.
 */
function methodOf(text: string): string | undefined {
    let length = 0;
    while (length < MAX_METHOD && isMethodLetter(text.charCodeAt(length))) length += 1;
    if (length === 0 || text[length] !== " ") return undefined;
    return text.startsWith(" HTTP/", text.indexOf(" ", length + 1)) ? text.slice(0, length) : undefined;
}

/** True for an upper-case letter or a hyphen. */
function isMethodLetter(code: number): boolean {
    return (code >= 0x41 && code <= 0x5a) || code === 0x2d;
}
