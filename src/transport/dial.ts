import { type Address, checked } from "./Address";
import net from "node:net";
import type tls from "node:tls";
import { assertFits } from "./unixSocket";
import { asOptionError } from "./tls";
import { selfConnection } from "./connectError";
import { assertPrivate } from "./namedSocket";
import { loadTls } from "../runtime/builtins";

/** Where what arrives at clients is put, one chunk after the other: all are read before the next comes. */
let room: Buffer | undefined;

/**
 * A socket that begins to connect. What is wrong with the place is an error of the socket, never thrown.
 *
 * @param secure - options of `tls.connect()`, if that is wanted
 * @param arrived - called with what arrives over a plain socket: the first `length` bytes, which are gone when it returns.
 * Node's option `onread` saves the memory for each chunk, and with it a twentieth of the time of a question. When somebody
 * else listens for `data`, too, that event tells all.
 */
export function dial(
    place: Address,
    secure: tls.ConnectionOptions | undefined,
    connected: () => void,
    arrived: (chunk: Buffer, length: number) => void,
): net.Socket {
    try {
        const { path, port, address } = checked(place);
        if (path) {
            assertFits(path);
            assertPrivate(path);
        }
        if (secure) {
            const { connect } = loadTls();
            const encrypted = path
                ? connect({ ...secure, path }, connected)
                : connect(port, address, secure, connected);
            return encrypted.once("connect", () => destroyIfSelfConnected(encrypted)); // before the handshake
        }
        const onread = {
            buffer: (room ??= Buffer.allocUnsafeSlow(65_536)),
            callback: (length: number, buffer: Uint8Array): boolean => {
                // One listener is ours.
                if (socket.listenerCount("data") > 1) socket.emit("data", Buffer.from(buffer.subarray(0, length)));
                else arrived(buffer as Buffer, length);
                return true;
            },
        };
        const socket = net.createConnection(path ? { path, onread } : { port, host: address, onread }, () => {
            if (!destroyIfSelfConnected(socket)) connected();
        });
        return socket;
    } catch (error) {
        return new net.Socket().destroy(asOptionError(error));
    }
}

function destroyIfSelfConnected(socket: net.Socket): boolean {
    const error = selfConnection(socket);
    // Closed by a reset: the system would keep the port for a minute, in which no server could listen there. (The member is
    // what resetAndDestroy() of Node sets, too late for a socket that is not to say anything; Node 20 to 26.)
    if (error) Object.assign(socket, { resetAndClosing: !("encrypted" in socket) }).destroy(error);
    return error !== undefined;
}
