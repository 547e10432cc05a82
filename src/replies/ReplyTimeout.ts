import { SockhopError } from "../SockhopError";
import type { ReplyHost } from "./PendingReply";
import { type TimerEntry, type TimerLists, type Link, unlink } from "../timers/TimerLists";
import { type Abortable, unwatchSignal, watchSignal } from "./abortSignals";

/** A long request is followed by a long answer at most. */
const MAX_EXTENSIONS = 2;

/** How long to wait for an answer. */
export interface WaitOptions {
    /**
     * Milliseconds for the whole answer, from the end of the turn in which it was asked for; `Infinity` for no limit. While
     * the question is still being sent, or a message is arriving, it is waited for as long as its bytes move.
     */
    timeout?: number | undefined;
    /** Gives up when it is aborted. */
    signal?: AbortSignal | undefined;
}

/**
 * Somebody waits for an answer: until a time has passed, or until an `AbortSignal` is aborted.
 *
 * @internal
 */
export abstract class ReplyTimeout implements TimerEntry, Abortable {
    before: Link = this;
    after: Link = this;
    since: TimerEntry["since"];
    #signal: AbortSignal | undefined;
    /** How often the time has passed, and what was in transit then was waited for: to send, and then to receive. */
    #extensions = 0;
    #over = false;

    /** The answer will not come. */
    abstract fail(error: SockhopError): void;

    /** The connection over which the answer comes, when there is one. */
    protected abstract get connection(): ReplyHost | undefined;

    /**
     * Bounds the wait: `fail()` is called at most once, with `ERR_RESPONSE_TIMEOUT` or `ERR_ABORTED`.
     *
     * @param timeout - milliseconds
     * @throws {@link SockhopError} `ERR_ABORTED`, `ERR_BAD_OPTION`
     */
    limit(deadlines: TimerLists, timeout: number, signal: AbortSignal | null | undefined): void {
        if (signal !== undefined && signal !== null) {
            watchSignal(signal, this);
            this.#signal = signal;
        }
        deadlines.add(this, timeout);
    }

    abort(error: SockhopError): void {
        this.clear();
        this.fail(error);
    }

    expire(deadlines: TimerLists, delay: number): void {
        // While we do not read ourselves, the answer may lie there: as long as the peer reads, that ends.
        const isOver = this.#extensions >= MAX_EXTENSIONS && !this.connection?.pausedFrames;
        if (isOver || !this.#waitsForTransfer(deadlines, delay)) this.#timeOut();
    }

    /** Nothing is waited for any more. */
    clear(): void {
        this.#over = true;
        unlink(this);
        if (this.#signal) unwatchSignal(this.#signal, this);
    }

    /** Who has the question only now has the whole time to answer it. */
    #waitsForTransfer(deadlines: TimerLists, delay: number): boolean {
        const ended = (grace: number | undefined): void => {
            if (this.#over) return;
            if (grace === undefined) this.#timeOut();
            else deadlines.add(this, delay + grace);
        };
        this.#extensions += 1;
        return this.connection?.transfers.wait(ended) === true;
    }

    #timeOut(): void {
        this.clear();
        this.fail(new SockhopError("No answer in time", "ERR_RESPONSE_TIMEOUT"));
    }
}
