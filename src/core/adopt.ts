import type { Socket } from "node:net";
import type { Connection } from "./Connection";

const CONNECTION = Symbol("sockhop.connection");
type Adopted = Socket & { [CONNECTION]: Connection };

/**
 * Has a socket know its connection, and tell it when the socket is ended or destroyed: by the program itself, by us, or by
 * Node. The functions are shared by all sockets: closures would cost memory on each.
 */
export function adopt(socket: Socket, connection: Connection): void {
    Object.assign(socket, { [CONNECTION]: connection, end, destroy });
    socket.allowHalfOpen = false; // when the peer ends, Node ends it, too (documentation of Duplex)
}

/** The connection of a socket, of whichever end and whether or not it has gone. */
export function connectionOf(socket: Socket | null | undefined): Connection | undefined {
    return (socket as Partial<Adopted> | null | undefined)?.[CONNECTION];
}

// A program may send and then end or destroy the socket itself. What it has sent goes out before, as if each message had been
// written at once.

function end(this: Adopted, ...args: Parameters<Socket["end"]>): Socket {
    const connection = this[CONNECTION];
    connection.flush();
    (Object.getPrototypeOf(this) as Socket).end.apply(this, args);
    // A socket whose peer has ended is ended by Node. (To listen for `end` would cost 64 bytes on each, since Node does, too.)
    if (this.readableEnded) connection.endpoint._peerEnded(connection);
    return this;
}

function destroy(this: Adopted, error?: Error): Socket {
    this[CONNECTION].flush();
    return (Object.getPrototypeOf(this) as Socket).destroy.call(this, error);
}
