import type { Socket } from "node:net";
import { checkMethodOptions } from "../diagnostics/unknownOptions";
import { throwLater } from "../emitter/emitSafely";
import { Timer, now } from "../runtime/clock";
import { GraceTimeout } from "../timers/GraceTimeout";
import { milliseconds } from "../validators";
import type { TransferWatch } from "./TransferWatch";

/** Default timeout of a graceful close, in milliseconds. */
export const CLOSE_TIMEOUT_MS = 5000;

/** Options of a graceful close. */
export interface EndOptions {
    /**
     * Milliseconds for the whole close. Then the connection is destroyed, unless bytes still flow: a message that is
     * being sent, or a reply that is being received, is completed as long as it progresses (1 KiB and 1 % of it in half
     * a second). 0 destroys the connection at once, without the bytes that the operating system has not accepted.
     * `Infinity` means no timeout.
     *
     * With `resume` at both ends, the time includes the wait for the acknowledgements of the peer, in the background, also on
     * another socket if this one is lost.
     *
     * @default 5000
     */
    timeout?: number | undefined;
    /**
     * `true`: waits first for pending replies in both directions. These are callbacks and requests without a reply,
     * requests whose response has not ended, and received calls whose `meta.callback` was not called. Messages that have
     * arrived and wait for a slow loop over `messages()` are delivered, too. New requests are rejected in the meantime;
     * everything else works as before.
     *
     * @default false
     */
    drain?: boolean | undefined;
}

const CLOSE_NAMES: readonly (keyof EndOptions)[] = ["timeout", "drain"];

/**
 * {@link EndOptions}, validated.
 *
 * @internal
 */
export interface CloseOptions {
    readonly timeout: number;
    readonly drain: boolean;
}

/**
 * Validates the options of a graceful close. Warns of unknown ones.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` if `timeout` is negative or not a number
 *
 * @internal
 */
export function closeOptions(options: EndOptions | null | undefined): CloseOptions {
    // A listener of process.on("SIGTERM") gets the name of the signal.
    if (typeof options === "object") checkMethodOptions(options, CLOSE_NAMES, "close");
    const timeout = options?.timeout;
    return {
        timeout: timeout === 0 ? 0 : milliseconds("timeout", timeout, CLOSE_TIMEOUT_MS),
        drain: Boolean(options?.drain),
    };
}

/** Connection that waits before its socket is closed. */
interface Draining {
    readonly transfers: TransferWatch;
    /** Waits until no reply is pending. */
    drain(): Promise<void>;
    /** Waits until the peer has acknowledged all, if it does so. */
    acknowledged(): Promise<void>;
}

/**
 * Resolves when no reply is pending and the peer has acknowledged all, or after the timeout when no bytes are in transit.
 *
 * @param timeout - milliseconds
 */
export function drained(connection: Draining, timeout: number): Promise<void> {
    return new Promise((resolve) => {
        const timer = new GraceTimeout(timeout, () => {
            if (!connection.transfers.wait(() => resolve())) resolve();
        });
        const end = (): void => {
            timer.clear();
            resolve();
        };
        void connection
            .drain()
            .then(() => connection.acknowledged())
            .then(end, end);
    });
}

/** Connection whose socket is closed. */
interface Closing {
    /** Another one can follow while {@link isLeaving} is true. */
    readonly socket: Socket;
    readonly transfers: TransferWatch;
    /** True while the socket must stay open, for acknowledgements of the peer. */
    readonly isLeaving: boolean;
    /** Ends that. Calls {@link GracefulClose.finish}. */
    endLeaving(): void;
}

/**
 * Closes a socket gracefully: sends all pending bytes and FIN, and waits until the peer closes, too. A socket that is
 * destroyed before a busy peer has read everything loses the unread bytes as soon as the peer writes.
 *
 * @internal
 */
export class GracefulClose {
    /** Resolves when the socket is closed. */
    readonly promise: Promise<undefined>;
    readonly #connection: Closing;
    #resolve!: (value: undefined) => void;
    #deadline = Infinity;
    #timer: Timer | undefined;
    #isExtended = false;

    constructor(connection: Closing) {
        this.#connection = connection;
        this.promise = new Promise((resolve) => {
            this.#resolve = resolve;
        });
        if (connection.isLeaving) connection.socket.resume();
        else this.finish();
    }

    /** Sends FIN. */
    finish(): void {
        const { socket, transfers } = this.#connection;
        const onClose = (): void => {
            this.#timer?.clear();
            transfers.close();
            this.#resolve(undefined);
        };
        if (socket.pending) socket.destroy(); // not connected, and maybe never
        if (socket.closed) {
            onClose();
            return;
        }
        socket.prependOnceListener("close", onClose); // a listener of the program that throws keeps it from those behind
        if (socket.destroyed) return;
        try {
            socket.end();
            socket.resume(); // the FIN of the peer is read only after all bytes before it
        } catch (error) {
            // A program may have replaced the methods.
            throwLater(error);
            socket.destroy();
        }
    }

    /**
     * Destroys the socket if it is not closed within a timeout. A second call can only shorten the timeout.
     *
     * @param timeout - milliseconds
     */
    limit(timeout: number): void {
        const deadline = now() + timeout;
        const { socket, isLeaving, transfers } = this.#connection;
        if ((socket.destroyed && !isLeaving) || (timeout > 0 && deadline >= this.#deadline)) return;
        this.#deadline = deadline;
        this.#timer?.clear();
        this.#timer = new Timer(() => {
            if (timeout > 0 && !this.#isExtended) {
                if (transfers.wait((grace) => this.#onTransferred(grace, timeout))) return;
            }
            this.#destroy();
        }, timeout);
    }

    /** Restarts the timeout: a long transfer must not shorten the time to read the FIN and to close. */
    #onTransferred(grace: number | undefined, timeout: number): void {
        this.#isExtended = true;
        if (grace === undefined) this.#destroy();
        else this.#timer = new Timer(() => this.#destroy(), timeout + grace);
    }

    #destroy(): void {
        this.#connection.endLeaving();
        this.#connection.socket.destroy();
    }
}
