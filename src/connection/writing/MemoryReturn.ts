import type { Socket } from "node:net";
import { giveBack } from "../../runtime/largeMemory";
import type { SockhopError } from "../../SockhopError";
import { releasesBytes } from "./releasesBytes";
import type { WriteObserver } from "./WriteObserver";

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
