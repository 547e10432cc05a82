import type { AddressInfo, Socket } from "node:net";
import { memberOf } from "../runtime/thrownValues";

const OWNER = Symbol("sockhop.connection");
const ORIGINAL_METHODS = Symbol("sockhop.originalMethods");

/** Object that a socket is linked to. */
export interface SocketOwner {
    /** Writes pending frames to the socket. */
    flush(): void;
    /**
     * Keeps received frames from now on, instead of a pause of the socket.
     *
     * @returns ends that; `undefined` if the socket must be paused
     */
    holdFrames?(): (() => void) | undefined;
    /** Called when everything is read that has arrived before the end of a pause. */
    onRead?(): void;
}

/** Methods of a socket that {@link hookSocket} replaces. */
interface Methods {
    end: (this: Socket, ...args: Parameters<Socket["end"]>) => Socket;
    destroy: (this: Socket, error?: Error) => Socket;
}
type HookedSocket = Socket & { [OWNER]: SocketOwner; [ORIGINAL_METHODS]?: Methods };

/**
 * Links a socket to its owner, and flushes pending frames before the program, the library or Node ends or destroys the
 * socket. All sockets share the two functions: closures would use memory on each socket.
 */
export function hookSocket(socket: Socket, owner: SocketOwner): void {
    const isHooked = ownerOf(socket) !== undefined;
    // Not enumerable: a program that prints a socket would see what the library knows of the connection.
    Object.defineProperty(socket, OWNER, { value: owner, writable: true, configurable: true });
    if (isHooked) return; // its methods find the new owner
    // The program, or another copy of this library, may have replaced the methods before.
    if (Object.hasOwn(socket, "end") || Object.hasOwn(socket, "destroy")) {
        const { end: originalEnd, destroy: originalDestroy } = socket as Methods;
        Object.assign(socket, { [ORIGINAL_METHODS]: { end: originalEnd, destroy: originalDestroy } });
    }
    Object.assign(socket, { end, destroy });
    socket.allowHalfOpen = false; // Node ends the socket when the peer does (documentation of Duplex)
}

/** Owner that a socket was linked to last. The argument can be any value of the program. */
export function ownerOf(socket: Socket | null | undefined): SocketOwner | undefined {
    try {
        return (socket as Partial<HookedSocket> | null | undefined)?.[OWNER];
    } catch {
        return undefined; // of a Proxy
    }
}

/**
 * True if a value can be used as a socket. Tests methods, not the class: a socket can be from another realm, or another
 * Duplex.
 */
export function isSocket(value: unknown): value is Socket {
    return ["on", "write", "end", "destroy"].every((name) => typeof memberOf(value, name) === "function");
}

/** Local IP address of a socket; `undefined` if it has none. */
export function addressOf(socket: Socket): string | undefined {
    return ((socket as Partial<Socket>).address?.() as Partial<AddressInfo> | undefined)?.address;
}

/** Methods that {@link hookSocket} has replaced. */
function methodsOf(socket: HookedSocket): Methods {
    return socket[ORIGINAL_METHODS] ?? (Object.getPrototypeOf(socket) as Methods);
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
