import type { Socket } from "node:net";
import { giveBack } from "../../runtime/largeMemory";
import type { SockhopError } from "../../SockhopError";
import { releasesBytes } from "./releasesBytes";
import type { WriteObserver } from "./WriteObserver";

/** Gives large memory back when the operating system has its bytes, or passes it to the observer of the write. */
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
        if (bytes && !error) this.#release(bytes);
        this.#observer?.settle(socket, error);
    }

    #release(bytes: Buffer): void {
        if (this.#observer?.release) this.#observer.release(bytes);
        else giveBack(bytes);
    }
}
