import type { Socket } from "node:net";
import type { SockhopError } from "../../SockhopError";

/** Observer of the result of a write. */
export interface WriteObserver {
    /** Called when the operating system has the bytes, or with the error that prevents it. */
    settle(socket: Socket, error: SockhopError | undefined): void;
    /** Called with the bytes in large memory that a write needs no more. Without this method, they are given back. */
    release?(bytes: Buffer): void;
}
