import type { ServerResponse } from "node:http";
import { path_of } from "../../index";

/** Begins an event stream. JSON has no line ends, so an event is one line. */
export function startEvents(response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    response.socket?.setNoDelay();
    response.write("retry: 1000\n\n");
}

/** End of the name of the socket of an inspector. */
const SUFFIX = ".inspect";

/**
 * Path of the socket of an inspector.
 *
 * @throws SockhopError `ERR_BAD_OPTION` for an invalid name
 */
export function inspectorPath(name: string): string {
    return path_of(name).replace(/(\.sock)?$/, `${SUFFIX}$1`); // the longest name has no space for more
}

/** True for the name in the path of an inspector. */
export function isInspectorName(name: string): boolean {
    return name.endsWith(SUFFIX);
}
