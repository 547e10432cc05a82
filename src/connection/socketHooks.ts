import type { AddressInfo, Socket } from "node:net";

const OWNER = Symbol("sockhop.connection");
const EARLIER = Symbol("sockhop.earlier");

/** Object that a socket is linked to. */
export interface SocketOwner {
    /** Writes pending frames to the socket. */
    flush(): void;
}

/** Methods of a socket that are replaced. */
interface Methods {
    end: (this: Socket, ...args: Parameters<Socket["end"]>) => Socket;
    destroy: (this: Socket, error?: Error) => Socket;
}
type HookedSocket = Socket & { [OWNER]: SocketOwner; [EARLIER]?: Methods };

/**
 * Links a socket to its owner, and flushes pending frames before the program, the library or Node ends or destroys the socket.
 * All sockets share the two functions: closures would cost memory on each.
 */
export function hookSocket(socket: Socket, owner: SocketOwner): void {
    const isNew = ownerOf(socket) === undefined;
    Object.assign(socket, { [OWNER]: owner });
    if (!isNew) return; // its methods find the new owner
    // Another program, or another copy of this library, may have replaced the methods before.
    if (Object.hasOwn(socket, "end") || Object.hasOwn(socket, "destroy")) {
        const { end: earlierEnd, destroy: earlierDestroy } = socket as Methods;
        Object.assign(socket, { [EARLIER]: { end: earlierEnd, destroy: earlierDestroy } });
    }
    Object.assign(socket, { end, destroy });
    socket.allowHalfOpen = false; // when the peer ends, Node ends the socket, too (documentation of Duplex)
}

/** The owner that a socket was linked to last. */
export function ownerOf(socket: Socket | null | undefined): SocketOwner | undefined {
    return (socket as Partial<HookedSocket> | null | undefined)?.[OWNER];
}

/** True if a value can serve as a socket. It may come from another realm, or be another Duplex, so its class does not tell. */
export function isSocket(value: unknown): value is Socket {
    const { on, write, end, destroy } = (value ?? {}) as Partial<Socket>;
    return [on, write, end, destroy].every((method) => typeof method === "function");
}

/** Local IP address of a socket; `undefined` if it has none. */
export function addressOf(socket: Socket): string | undefined {
    return ((socket as Partial<Socket>).address?.() as Partial<AddressInfo> | undefined)?.address;
}

/** The methods before they were replaced. */
function methodsOf(socket: HookedSocket): Methods {
    return socket[EARLIER] ?? (Object.getPrototypeOf(socket) as Methods);
}

function end(this: HookedSocket, ...args: Parameters<Socket["end"]>): Socket {
    this[OWNER].flush();
    methodsOf(this).end.apply(this, args);
    return this;
}

function destroy(this: HookedSocket, error?: Error): Socket {
    this[OWNER].flush();
    return methodsOf(this).destroy.call(this, error);
}
