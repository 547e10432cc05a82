/** Method and version of an HTTP request line, which surround its path. */
const POST = "POST ";
const HTTP = " HTTP/";

/**
 * True if this is the first line of an HTTP POST. Any web page can make a browser send one, with messages in its body,
 * to a server on the same machine. (For other requests with a body, browsers send a CORS preflight request first.)
 *
 * Not a regular expression, because V8 keeps the last matched text (`RegExp.input`) in memory, however long.
 */
export function isHttpPost(frame: string): boolean {
    return frame.startsWith(POST) && frame.startsWith(HTTP, frame.indexOf(" ", POST.length));
}
