import type { AddressInfo, Socket } from "node:net";
import type { Connection } from "./Connection";

const CONNECTION = Symbol("sockhop.connection");
const EARLIER = Symbol("sockhop.earlier");

/** Methods of a socket that we replace. */
interface Methods {
    end: (this: Socket, ...args: Parameters<Socket["end"]>) => Socket;
    destroy: (this: Socket, error?: Error) => Socket;
}
type Adopted = Socket & { [CONNECTION]: Connection; [EARLIER]?: Methods };

/**
 * Links a socket to its connection, and flushes pending frames before the program, we, or Node end or destroy the socket.
 * The functions are shared by all sockets: closures would cost memory on each.
 */
export function hookSocket(socket: Socket, connection: Connection): void {
    const isNew = connectionOf(socket) === undefined;
    Object.assign(socket, { [CONNECTION]: connection });
    if (!isNew) return; // the methods know the new connection
    // Another program, or another copy of this library, may have replaced the methods before.
    if (Object.hasOwn(socket, "end") || Object.hasOwn(socket, "destroy")) {
        const { end: earlierEnd, destroy: earlierDestroy } = socket as Methods;
        Object.assign(socket, { [EARLIER]: { end: earlierEnd, destroy: earlierDestroy } });
    }
    Object.assign(socket, { end, destroy });
    socket.allowHalfOpen = false; // when the peer ends, Node ends it, too (documentation of Duplex)
}

/** The connection of a socket, of either end and in any state. */
export function connectionOf(socket: Socket | null | undefined): Connection | undefined {
    return (socket as Partial<Adopted> | null | undefined)?.[CONNECTION];
}

/** Whether a value can serve as a socket. It may come from another realm, or be another Duplex, so its class says little. */
export function isSocket(value: unknown): value is Socket {
    const { on, write, end, destroy } = (value ?? {}) as Partial<Socket>;
    return [on, write, end, destroy].every((method) => typeof method === "function");
}

/** The local IP address of a socket; `undefined` where there is none. */
export function addressOf(socket: Socket): string | undefined {
    return ((socket as Partial<Socket>).address?.() as Partial<AddressInfo> | undefined)?.address;
}

/** The methods as they were before. */
function methodsOf(socket: Adopted): Methods {
    return socket[EARLIER] ?? (Object.getPrototypeOf(socket) as Methods);
}

// A program may send and then end or destroy the socket itself. What it has sent goes out before, as if each message had been
// written at once.

function end(this: Adopted, ...args: Parameters<Socket["end"]>): Socket {
    const connection = this[CONNECTION];
    connection.flush();
    methodsOf(this).end.apply(this, args);
    // A socket whose peer has ended is ended by Node. (To listen for `end` would cost 64 bytes on each, since Node does, too.)
    if (this.readableEnded) connection.endpoint._onPeerEnd(connection);
    return this;
}

function destroy(this: Adopted, error?: Error): Socket {
    this[CONNECTION].flush();
    return methodsOf(this).destroy.call(this, error);
}
