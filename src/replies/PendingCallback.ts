import type { Identified } from "../codec/Encoder";
import { throwLater } from "../emitter/emitSafely";
import { setImmediate } from "../runtime/clock";
import { memberOf } from "../runtime/thrownValues";
import type { SockhopError } from "../SockhopError";
import type { TimerLists } from "../timers/TimerLists";
import { CallContext } from "./CallContext";
import type { PendingReply, RemoteCallback, ReplyHost } from "./PendingReply";
import { NO_ID, type PendingEntry, PendingTable } from "./PendingTable";
import { ReplyTimeout, type WaitOptions } from "./ReplyTimeout";
import { uuidFor } from "./uuidFor";

/**
 * Connection with pending callbacks.
 *
 * @internal
 */
export interface CallbackHost extends ReplyHost {
    callbacks: PendingTable<PendingCallback> | undefined;
}

/** Options of a call: a message with a callback. */
export interface CallbackOptions extends WaitOptions {
    /**
     * Called once if the reply will not arrive: with `ERR_RESPONSE_TIMEOUT`, `ERR_ABORTED`, `ERR_SOCKET_DESTROYED` (the
     * connection has closed), or the error with which `send()` rejects. Either the callback or this function is called,
     * never both. With this option, a rejection of `send()` needs no handler.
     */
    failed?: ((error: SockhopError) => void) | undefined;
}

/** Options of a message. All but `type` are those of a call. */
export interface SendOptions<Type extends string = string> extends CallbackOptions {
    /**
     * Type on the wire: `receive:TYPE` is emitted at the peer. The names of the library (`SockhopPing` …) are refused,
     * and `"json"` peers get no types.
     *
     * @default the name of the class of the value
     */
    type?: Type | undefined;
}

/**
 * One call: invokes the callback when the reply arrives, or `failed` if it will not arrive.
 *
 * @internal
 */
export class PendingCallback implements PendingReply, PendingEntry, Identified {
    id: string | number = NO_ID;
    hash = 0;
    next: PendingEntry | undefined;
    order = 0;
    readonly awaitsWrite = true;
    onQueueError: PendingReply["onQueueError"];
    readonly #context = new CallContext();
    readonly #callback: RemoteCallback;
    readonly #failed: CallbackOptions["failed"];
    /** Set when the call is encoded. */
    type = "a call";
    /** Set when the call is sent. */
    connection: CallbackHost | undefined;
    #isSettled = false;
    /** Set only if the call has a timeout or a signal. */
    #timeout: ReplyTimeout | undefined;
    #token = "";

    constructor(callback: RemoteCallback, failed: CallbackOptions["failed"]) {
        this.#callback = callback;
        this.#failed = failed;
    }

    get uuid(): string {
        return uuidFor(this, this.#token);
    }

    assign(number: number, token: string): void {
        this.id = number;
        this.#token = token;
    }

    /** See {@link ReplyTimeout.limit}. */
    limit(timers: TimerLists, timeout: number, signal: AbortSignal | null | undefined): void {
        this.#timeout = new CallbackTimeout(this);
        this.#timeout.limit(timers, timeout, signal);
    }

    attach(connection: CallbackHost): void {
        if (this.#timeout) this.#timeout.bytesBefore = connection.bytesBefore;
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

    /** @returns false if the call has already settled */
    #settle(): boolean {
        if (this.#isSettled) return false;
        this.#isSettled = true;
        this.#timeout?.clear();
        this.connection?.callbacks?.delete(this);
        this.connection?.endReply();
        return true;
    }
}

/** Timeout of a {@link PendingCallback}. An object of its own, because most calls have none. */
class CallbackTimeout extends ReplyTimeout {
    readonly #call: PendingCallback;

    constructor(call: PendingCallback) {
        super();
        this.#call = call;
    }

    get type(): string {
        return this.#call.type;
    }

    // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would cost memory on each call
    protected get missing(): string {
        return "No reply";
    }

    protected get connection(): CallbackHost | undefined {
        return this.#call.connection;
    }

    fail(error: SockhopError): void {
        this.#call.fail(error);
    }
}

/**
 * Option `failed` of a call, if it is a function. Never throws: the other options may be such that they cannot be read.
 *
 * @internal
 */
export function failedOf(options: unknown): CallbackOptions["failed"] {
    const failed = memberOf(options, "failed");
    return typeof failed === "function" ? (failed as CallbackOptions["failed"]) : undefined;
}

/** True while a `failed` function of the program runs. */
let isCallingFailed = false;

/**
 * Calls `failed` of a call whose reply will not arrive.
 *
 * Asynchronously if another `failed` is running: a `failed` that repeats its call could otherwise fail in endless
 * recursion.
 *
 * @internal
 */
export function callFailed(failed: (error: SockhopError) => void, error: SockhopError): void {
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
