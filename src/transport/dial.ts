import net from "node:net";
import type tls from "node:tls";
import { loadTls } from "../runtime/builtins";
import { type Address, checkAddress } from "./Address";
import { selfConnectionError } from "./connectError";
import { assertPrivate } from "./namedSocket";
import { asOptionError, explainAtClient } from "./tls";
import { assertFits } from "./unixSocket";

const READ_BUFFER_BYTES = 65_536;

/** Read buffer of all clients. They can share it, because each chunk is handled before the next one is read. */
let readBuffer: Buffer | undefined;

/**
 * Creates a socket and starts to connect it. An invalid address is an error of the socket, never thrown.
 *
 * @param tlsOptions - options of `tls.connect()`; `undefined` for a plain socket
 * @param onConnect - called when the socket is connected; over TLS after the handshake
 * @param onData - called with a chunk of a plain socket: its first `length` bytes, valid only during the call. Node's
 * option `onread` saves an allocation for each chunk, and with it 5 % of the time of a call. If the socket has other
 * `data` listeners, all of them get the event instead.
 */
export function dial(
    target: Address,
    tlsOptions: tls.ConnectionOptions | undefined,
    onConnect: () => void,
    onData: (chunk: Buffer, length: number) => void,
): net.Socket {
    try {
        const { path, port, address } = checkAddress(target);
        if (path) {
            assertFits(path);
            assertPrivate(path);
        }
        if (tlsOptions) {
            const { connect } = loadTls();
            const tlsSocket = path
                ? connect({ ...tlsOptions, path }, onConnect)
                : connect(port, address, tlsOptions, onConnect);
            const explain = (error: Error): unknown => explainAtClient(error);
            tlsSocket.once("error", explain).once("secureConnect", () => tlsSocket.off("error", explain));
            return tlsSocket.once("connect", () => destroyIfSelfConnected(tlsSocket)); // before the handshake
        }
        const onread = {
            buffer: (readBuffer ??= Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)),
            callback: (length: number, buffer: Uint8Array): boolean => {
                // The library has one listener; others belong to the program.
                if (socket.listenerCount("data") > 1) socket.emit("data", Buffer.from(buffer.subarray(0, length)));
                else onData(buffer as Buffer, length);
                return true;
            },
        };
        const socket = net.createConnection(path ? { path, onread } : { port, host: address, onread }, () => {
            if (!destroyIfSelfConnected(socket)) onConnect();
        });
        return socket;
    } catch (error) {
        return new net.Socket().destroy(asOptionError(error));
    }
}

function destroyIfSelfConnected(socket: net.Socket): boolean {
    const error = selfConnectionError(socket);
    // Closes with a reset. After a FIN the system would reserve the port for a minute, and no server could listen on
    // it. (`resetAndDestroy()` of Node 20 to 26 sets the same member, but destroys too late: this socket must not send
    // anything.)
    if (error) Object.assign(socket, { resetAndClosing: !("encrypted" in socket) }).destroy(error);
    return error !== undefined;
}
