import { SockhopError } from "../SockhopError";
import { type Link, type TimerEntry, type TimerLists, unlink } from "../timers/TimerLists";
import type { ReplyHost } from "./PendingReply";
import { type Abortable, unwatchSignal, watchSignal } from "./abortSignals";

/** Number of extensions of one timeout: one while a long request is sent, one while a long reply arrives. */
const MAX_EXTENSIONS = 2;

/** End of the message of a timeout whose reply may not have been read. */
const BEHIND =
    ": it may have arrived behind messages that wait for a loop over messages(): do not await it in that loop";

/** Timeout and abort signal of a call or request. */
export interface WaitOptions {
    /**
     * Milliseconds for the whole reply, from the end of the tick of the call; `Infinity` for no limit. If the call is
     * still being sent then, or a message is arriving, the wait continues while bytes flow.
     */
    timeout?: number | undefined;
    /** Aborts the wait, with `ERR_ABORTED`. */
    signal?: AbortSignal | undefined;
}

/**
 * Timeout and `AbortSignal` of one pending reply.
 *
 * @internal
 */
export abstract class ReplyTimeout implements TimerEntry, Abortable {
    before: Link = this;
    after: Link = this;
    since: TimerEntry["since"];
    #signal: AbortSignal | undefined;
    /** Number of times that the timeout was extended because of bytes in transit. */
    #extensions = 0;
    #isCleared = false;
    /** In milliseconds. */
    #timeout = 0;
    /** Bytes that the connection sends before the call. */
    bytesBefore = 0;

    /** Type of the call or request, for messages. */
    abstract readonly type: string;

    /** Start of the message of a timeout. */
    protected abstract get missing(): string;

    /** Settles the pending reply with an error. */
    abstract fail(error: SockhopError): void;

    /** End of the message of a timeout for which nothing else is known. */
    // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would cost memory on each reply
    protected get hint(): string {
        return "";
    }

    /** Connection on which the reply is expected; `undefined` before the call is sent. */
    protected abstract get connection(): ReplyHost | undefined;

    /**
     * Starts the timeout, and listens to the signal. Then `fail()` is called at most once, with `ERR_RESPONSE_TIMEOUT`
     * or `ERR_ABORTED`.
     *
     * @param timeout - milliseconds
     * @throws {@link SockhopError} `ERR_ABORTED`, `ERR_BAD_OPTION`
     */
    limit(timers: TimerLists, timeout: number, signal: AbortSignal | null | undefined): void {
        if (signal !== undefined && signal !== null) {
            watchSignal(signal, this);
            this.#signal = signal;
        }
        this.#timeout = timeout;
        timers.add(this, timeout);
    }

    abort(error: SockhopError): void {
        this.clear();
        this.fail(error);
    }

    expire(timers: TimerLists): void {
        // While reading is paused, the reply may have arrived unread. Reading resumes when the peer reads.
        const isOver = this.#extensions >= MAX_EXTENSIONS && !this.connection?.pausedFrames;
        if (isOver || !this.#waitForTransfer(timers)) this.#timeOut();
    }

    /** Stops the timeout, and stops listening to the signal. */
    clear(): void {
        this.#isCleared = true;
        unlink(this);
        if (this.#signal) unwatchSignal(this.#signal, this);
    }

    /**
     * Waits while the call is being sent, or a message is arriving, which may be the reply. After the call is sent,
     * restarts the timeout: the peer has all of it to reply.
     *
     * @returns false if neither is in transit
     */
    #waitForTransfer(timers: TimerLists): boolean {
        const onTransferEnd = (grace: number | undefined): void => {
            if (this.#isCleared) return;
            if (grace === undefined) this.#timeOut();
            else timers.add(this, this.#timeout + grace);
        };
        this.#extensions += 1;
        return this.connection?.transfers.wait(onTransferEnd, this.bytesBefore) === true;
    }

    #timeOut(): void {
        this.clear();
        const { connection, missing, type } = this;
        const from = connection ? ` from ${connection.peer}` : "";
        const message = `${missing} to ${type}${from} within ${this.#timeout} ms${this.#reason}`;
        this.fail(new SockhopError(message, "ERR_RESPONSE_TIMEOUT"));
    }

    /** End of the message of a timeout. */
    get #reason(): string {
        const { connection } = this;
        if (!connection) return ": it was not sent, as the client was not connected";
        if (connection.isInterrupted) return ": the connection is interrupted";
        return connection.isBehind && !connection.pausedFrames ? BEHIND : this.hint;
    }
}
