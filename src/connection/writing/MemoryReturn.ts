import { Socket } from "node:net";
import process from "node:process";
import { Duplex } from "node:stream";
import { giveBack } from "../../runtime/largeMemory";
import type { SockhopError } from "../../SockhopError";
import type { WriteObserver } from "./WriteObserver";

/** False in Bun and Deno, whose sockets may keep written bytes. */
const isNode = process.versions["bun"] === undefined && process.versions["deno"] === undefined;

/* eslint-disable @typescript-eslint/unbound-method -- compared */

/** Methods that write, as they were when the library was loaded, and whether a program had replaced one before. */
const { write, _write, _writev } = Socket.prototype;
const isReplaced = write !== Duplex.prototype.write;

/**
 * True if the socket passes bytes to the operating system, and refers to them no longer when they are written. False if the
 * program has replaced a method, if the socket is no socket of Node, and for TLS.
 */
export function releasesBytes(socket: Socket): boolean {
    return (
        socket.write === write &&
        socket._write === _write &&
        socket._writev === _writev &&
        socket instanceof Socket &&
        !isSecure(socket) &&
        isNode &&
        !isReplaced
    );
}
/* eslint-enable @typescript-eslint/unbound-method */

/** True for a socket of TLS. */
export function isSecure(socket: Socket): boolean {
    return "encrypted" in socket;
}

/** Gives large memory back when the operating system has its bytes. */
export class MemoryReturn implements WriteObserver {
    #bytes: Buffer | undefined;
    readonly #observer: WriteObserver | undefined;

    /**
     * @param socket - that the bytes will be written to
     * @param observer - further observer of the write
     */
    constructor(bytes: Buffer, socket: Socket, observer: WriteObserver | undefined) {
        this.#bytes = releasesBytes(socket) ? bytes : undefined;
        this.#observer = observer;
    }

    settle(socket: Socket, error: SockhopError | undefined): void {
        const bytes = this.#bytes;
        this.#bytes = undefined;
        if (bytes && !error) giveBack(bytes);
        this.#observer?.settle(socket, error);
    }
}
