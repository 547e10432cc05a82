import type { Socket } from "node:net";
import { giveBack } from "../../runtime/largeMemory";
import type { SockhopError } from "../../SockhopError";
import type { WriteObserver } from "../writing/WriteObserver";

/** Frames that were flushed together. They are kept until the peer has acknowledged them. */
export class JournalEntry implements WriteObserver {
    #observer: WriteObserver | undefined;
    #error: SockhopError | undefined;
    /** True if the connection has ended: a failed write is not repeated. */
    isFinal = false;
    /** Number of writes that may need the bytes, and whether the journal needs them. */
    #writes = 0;
    #isKept = true;

    /**
     * @param data - lines, or frames of bytes, which nothing else changes
     * @param end - number of frames of the connection up to the last one of this entry
     * @param messages - number of messages in the frames
     * @param size - bytes
     * @param socket - for the observer
     */
    constructor(
        public data: string | Buffer,
        readonly end: number,
        public frames: number,
        public messages: number,
        public size: number,
        readonly socket: Socket,
        observer: WriteObserver | undefined,
    ) {
        this.#observer = observer;
    }

    /** True until the result of the first write that succeeds is known. */
    get isObserved(): boolean {
        return this.#observer !== undefined;
    }

    /** Handles the result of a write. A failed write is repeated on the next socket, unless the connection has ended. */
    settle(_socket: Socket, error: SockhopError | undefined): void {
        if (!error) this.accept();
        else if (this.isFinal) this.fail(error);
        else this.#error = error;
    }

    /** Reports that a system has the bytes. */
    accept(): void {
        this.#report(undefined);
    }

    /** Reports that the bytes were not written. */
    fail(error: SockhopError): void {
        this.#report(error);
    }

    /** Reports a result, once. */
    #report(error: SockhopError | undefined): void {
        const observer = this.#observer;
        this.#observer = undefined;
        observer?.settle(this.socket, error);
    }

    /** Called before each write: an earlier one may have failed. */
    begin(): void {
        this.#error = undefined;
        this.#writes += 1;
    }

    /** Called when a write needs the bytes no more, if they are in large memory. */
    release(bytes: Buffer): void {
        if (typeof this.data === "string") {
            giveBack(bytes); // a copy
            return;
        }
        this.#writes -= 1;
        this.#giveBack();
    }

    /** Called when the peer has the frames. That is only what it says, and a write may still need the bytes. */
    drop(): void {
        this.#isKept = false;
        this.#giveBack();
    }

    #giveBack(): void {
        if (typeof this.data !== "string" && this.#writes === 0 && !this.#isKept) giveBack(this.data);
    }

    /** True if a write has failed. */
    get hasFailed(): boolean {
        return this.#error !== undefined;
    }
}
