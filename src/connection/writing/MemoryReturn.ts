import { Socket } from "node:net";
import process from "node:process";
import { giveBack } from "../../runtime/largeMemory";
import type { SockhopError } from "../../SockhopError";
import type { WriteObserver } from "./WriteObserver";

/** False in Bun and Deno, whose sockets may keep written bytes. */
const isNode = process.versions["bun"] === undefined && process.versions["deno"] === undefined;

/**
 * True if the socket passes bytes to the operating system, and refers to them no longer when they are written. False if the
 * program has replaced the method, if the socket is no socket of Node, and for TLS.
 */
export function releasesBytes(socket: Socket): boolean {
    return (
        // eslint-disable-next-line @typescript-eslint/unbound-method -- compared
        socket.write === Socket.prototype.write && socket instanceof Socket && !isSecure(socket) && isNode
    );
}

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
