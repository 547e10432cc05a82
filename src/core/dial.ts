import net from "node:net";
import tls from "node:tls";
import { assertFits } from "./UnixPath";
import { assertPrivate } from "./names";
import type { Place } from "./options";

/**
 * A socket that begins to connect. What is wrong with the place is an error of the socket, never thrown.
 *
 * @param secure - options of `tls.connect()`, if that is wanted
 */
export function dial(
    { path, port, address }: Place,
    secure: tls.ConnectionOptions | undefined,
    connected: () => void,
): net.Socket {
    try {
        if (path) {
            assertFits(path);
            assertPrivate(path);
        }
        if (secure) {
            return path ? tls.connect({ ...secure, path }, connected) : tls.connect(port, address, secure, connected);
        }
        return path ? net.createConnection(path, connected) : net.createConnection(port, address, connected);
    } catch (error) {
        return new net.Socket().destroy(error as Error);
    }
}
