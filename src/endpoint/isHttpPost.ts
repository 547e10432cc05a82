/** How a request of HTTP begins that has a body, and what comes behind its path. */
const POST = "POST ";
const HTTP = " HTTP/";

/**
 * Whether this is how a request begins that any web page can have its visitor's browser send to a server on the same machine,
 * with messages in the body. (Before any other request with a body browsers ask the server.)
 *
 * No regular expression: V8 keeps the text that one has matched last (`RegExp.input`), however long.
 */
export function isHttpPost(frame: string): boolean {
    return frame.startsWith(POST) && frame.startsWith(HTTP, frame.indexOf(" ", POST.length));
}
