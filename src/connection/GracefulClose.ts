import { milliseconds } from "../validators";
import type { Socket } from "node:net";
import type { TransferWatch } from "./TransferWatch";
import { throwLater } from "../emitter/emitSafely";
import { Timer, now } from "../runtime/clock";

/** How long data that was sent may take to reach the system once a connection is being closed, in milliseconds. */
const FLUSH_TIMEOUT_MS = 5000;

/** How connections are ended. */
export interface EndOptions {
    /**
     * Milliseconds for all of it; then the connection is cut, unless bytes are still flowing: what is being sent then, or
     * is the answer that is waited for, is finished as long as it moves (1 KiB and a hundredth of it in half a second). 0 cuts
     * at once what the system has not taken, `Infinity` waits for as long as it takes.
     *
     * @default 5000
     */
    timeout?: number | undefined;
    /**
     * `true` to wait first for answers under way, in both directions: callbacks and requests that wait for one, requests
     * that are being answered here, and questions whose `meta.callback` has not been called. New requests are refused
     * meanwhile; all else goes on.
     *
     * @default false
     */
    drain?: boolean | undefined;
}

/**
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 *
 * @internal
 */
export function closeTimeout(options: EndOptions | null | undefined): number {
    const timeout = options?.timeout;
    return timeout === 0 ? 0 : milliseconds("timeout", timeout, FLUSH_TIMEOUT_MS);
}

/**
 * Closes a socket in good order: what was sent goes out, the peer is told and closes too. That is waited for: to destroy the
 * socket before a busy peer has read everything would cost it what is left, as soon as it writes something itself.
 *
 * @internal
 */
export class GracefulClose {
    /** Resolves when the socket is gone. */
    readonly promise: Promise<undefined>;
    readonly #socket: Socket;
    readonly #transfers: TransferWatch;
    #deadline = Infinity;
    #timer: Timer | undefined;
    #extended = false;

    constructor(socket: Socket, transfers: TransferWatch) {
        this.#socket = socket;
        this.#transfers = transfers;
        this.promise = new Promise((resolve) => {
            const gone = (): void => {
                this.#timer?.clear();
                this.#transfers.close();
                resolve(undefined);
            };
            if (socket.pending) socket.destroy(); // not connected yet, or never
            if (socket.closed) {
                gone();
                return;
            }
            socket.once("close", gone);
            if (socket.destroyed) return;
            try {
                socket.end();
                socket.resume(); // or the peer's end would not be seen behind what it has sent
            } catch (error) {
                // A program may have put a method of its own there.
                throwLater(error);
                socket.destroy();
            }
        });
    }

    /** Destroys the socket unless it is gone in so many milliseconds, or sooner when that was said before. */
    limit(limit: number): void {
        const deadline = now() + limit;
        if (this.#socket.destroyed || (limit > 0 && deadline >= this.#deadline)) return;
        this.#deadline = deadline;
        this.#timer?.clear();
        this.#timer = new Timer(() => {
            if (limit === 0 || this.#extended || !this.#transfers.wait((grace) => this.#transferred(grace, limit)))
                this.#socket.destroy();
        }, limit);
    }

    /** The peer has not got less time to read the end, and to close, because it took longer to send. */
    #transferred(grace: number | undefined, limit: number): void {
        this.#extended = true;
        if (grace === undefined) this.#socket.destroy();
        else this.#timer = new Timer(() => this.#socket.destroy(), limit + grace);
    }
}
