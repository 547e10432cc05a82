import { Socket } from "node:net";
import process from "node:process";
import { Duplex } from "node:stream";

/** False in Bun and Deno, whose sockets may keep written bytes. */
const isNode = process.versions["bun"] === undefined && process.versions["deno"] === undefined;

/* eslint-disable @typescript-eslint/unbound-method -- compared */

/** Methods that write, as they were when the library was loaded, and whether they are those of Node. */
const { write, _write, _writev } = Socket.prototype;
const isKnown = isNode && write === Duplex.prototype.write;

/**
 * True if the socket passes bytes to the operating system, and refers to them no longer when they are written. False if the
 * program has replaced a method, if the socket is no socket of Node, and for TLS.
 */
export function releasesBytes(socket: Socket): boolean {
    return (
        isKnown &&
        socket.write === write &&
        socket._write === _write &&
        socket._writev === _writev &&
        socket instanceof Socket &&
        !isSecure(socket)
    );
}
/* eslint-enable @typescript-eslint/unbound-method */

/** True for a socket of TLS. */
export function isSecure(socket: Socket): boolean {
    return "encrypted" in socket;
}
