import type { ServerResponse } from "node:http";

/** Begins an event stream. JSON has no line ends, so an event is one line. */
export function startEvents(response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    response.socket?.setNoDelay();
    response.write("retry: 1000\n\n");
}

/** Name of the socket of an inspector. */
export function inspectorName(name: string): string {
    return `${name}.inspect`;
}
