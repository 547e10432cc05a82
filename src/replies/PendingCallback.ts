import type { RemoteCallback, PendingReply, ReplyHost } from "./PendingReply";
import type { SockhopError } from "../SockhopError";
import type { TimerLists } from "../timers/TimerLists";
import { ReplyTimeout, type WaitOptions } from "./ReplyTimeout";
import { CallContext } from "./CallContext";
import { type PendingEntry, PendingTable } from "./PendingTable";
import { throwLater } from "../emitter/emitSafely";
import { setImmediate } from "../runtime/clock";

/**
 * A connection that keeps pending callbacks.
 *
 * @internal
 */
export interface CallbackHost extends ReplyHost {
    callbacks: PendingTable<PendingCallback> | undefined;
}

/** Options of a message that wants an answer. */
export interface CallbackOptions extends WaitOptions {
    /**
     * Called once when the answer will never come: with `ERR_RESPONSE_TIMEOUT`, `ERR_ABORTED`, `ERR_SOCKET_DESTROYED` (the
     * connection has ended), or what `send()` rejects with. Either this is called or the callback, never both. Who gives
     * it need not look at the promise of `send()`.
     */
    failed?: ((error: SockhopError) => void) | undefined;
}

/**
 * A remote callback: what is to be called at the answer to a message.
 *
 * @internal
 */
export class PendingCallback implements PendingReply, PendingEntry {
    hash = 0;
    next: PendingEntry | undefined;
    order = 0;
    readonly awaitsWrite = true;
    onQueueError: PendingReply["onQueueError"];
    readonly #context = new CallContext();
    readonly #callback: RemoteCallback;
    readonly #failed: CallbackOptions["failed"];
    /** There once the question has a connection. */
    connection: CallbackHost | undefined;
    #settled = false;
    /** There when the wait has an end, as only some have. */
    #timeout: ReplyTimeout | undefined;

    constructor(
        readonly uuid: string,
        callback: RemoteCallback,
        failed: CallbackOptions["failed"],
    ) {
        this.#callback = callback;
        this.#failed = failed;
    }

    /** See {@link ReplyTimeout.limit}. */
    limit(deadlines: TimerLists, timeout: number, signal: AbortSignal | null | undefined): void {
        this.#timeout = new CallbackTimeout(this);
        this.#timeout.limit(deadlines, timeout, signal);
    }

    attach(connection: CallbackHost): void {
        this.connection = connection;
        (connection.callbacks ??= new PendingTable()).add(this);
    }

    receive(value: unknown, type: string): void {
        if (this.#settle()) this.#context.run(this.#callback, value, { type });
    }

    fail(error: SockhopError): void {
        if (!this.#settle()) return;
        this.onQueueError?.(error);
        if (this.#failed) this.#context.run(callFailed, this.#failed, error);
    }

    /** Whether this is the end of it: it has only one. */
    #settle(): boolean {
        if (this.#settled) return false;
        this.#settled = true;
        this.#timeout?.clear();
        this.connection?.callbacks?.delete(this);
        this.connection?.endReply();
        return true;
    }
}

/** That of a {@link PendingCallback}. */
class CallbackTimeout extends ReplyTimeout {
    readonly #call: PendingCallback;

    constructor(call: PendingCallback) {
        super();
        this.#call = call;
    }

    protected get connection(): CallbackHost | undefined {
        return this.#call.connection;
    }

    fail(error: SockhopError): void {
        this.#call.fail(error);
    }
}

/** A `failed` of the program's is running. */
let isCallingFailed = false;

/**
 * Tells the user that an answer will not come.
 *
 * When that happens in another `failed`, it is told in a later turn: one that asks again would fail again at once, and so on
 * for ever.
 *
 * @internal
 */
export function callFailed(failed: CallbackOptions["failed"] | null, error: SockhopError): void {
    if (typeof failed !== "function") return;
    if (isCallingFailed) {
        setImmediate(callFailed, failed, error);
        return;
    }
    isCallingFailed = true;
    try {
        failed(error);
    } catch (thrown) {
        throwLater(thrown);
    } finally {
        isCallingFailed = false;
    }
}
