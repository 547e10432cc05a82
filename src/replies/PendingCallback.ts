import type { SockhopError } from "../SockhopError";
import type { Connection, Question, RemoteCallback } from "../connection/Connection";
import type { Deadlines } from "../timers/TimerLists";
import { Patience, type WaitOptions } from "./ReplyTimeout";
import { CallContext } from "./CallContext";
import { type Waiter, Waiting } from "./PendingTable";
import { surface } from "../emitter/emitSafely";
import { setImmediate } from "../runtime/clock";

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
export class RemoteCall implements Question, Waiter {
    hash = 0;
    next: Waiter | undefined;
    turn = 0;
    readonly tracked = true;
    abandoned: Question["abandoned"];
    readonly #context = new CallContext();
    readonly #callback: RemoteCallback;
    readonly #failed: CallbackOptions["failed"];
    /** There once the question has a connection. */
    connection: Connection | undefined;
    #settled = false;
    /** There when the wait has an end, as only some have. */
    #patience: Patience | undefined;

    constructor(
        readonly uuid: string,
        callback: RemoteCallback,
        failed: CallbackOptions["failed"],
    ) {
        this.#callback = callback;
        this.#failed = failed;
    }

    /** See {@link Patience.limit}. */
    limit(deadlines: Deadlines, timeout: number, signal: AbortSignal | null | undefined): void {
        this.#patience = new CallPatience(this);
        this.#patience.limit(deadlines, timeout, signal);
    }

    attach(connection: Connection): void {
        this.connection = connection;
        (connection.callbacks ??= new Waiting()).add(this);
    }

    answer(value: unknown, type: string): void {
        if (this.#settle()) this.#context.run(this.#callback, value, { type });
    }

    fail(error: SockhopError): void {
        if (!this.#settle()) return;
        this.abandoned?.(error);
        if (this.#failed) this.#context.run(tellFailed, this.#failed, error);
    }

    /** Whether this is the end of it: it has only one. */
    #settle(): boolean {
        if (this.#settled) return false;
        this.#settled = true;
        this.#patience?.relax();
        this.connection?.callbacks?.delete(this);
        this.connection?.answered();
        return true;
    }
}

/** That of a {@link RemoteCall}. */
class CallPatience extends Patience {
    readonly #call: RemoteCall;

    constructor(call: RemoteCall) {
        super();
        this.#call = call;
    }

    protected get connection(): Connection | undefined {
        return this.#call.connection;
    }

    fail(error: SockhopError): void {
        this.#call.fail(error);
    }
}

/** A `failed` of the program's is running. */
let telling = false;

/**
 * Tells the user that an answer will not come.
 *
 * When that happens in another `failed`, it is told in a later turn: one that asks again would fail again at once, and so on
 * for ever.
 *
 * @internal
 */
export function tellFailed(failed: CallbackOptions["failed"] | null, error: SockhopError): void {
    if (typeof failed !== "function") return;
    if (telling) {
        setImmediate(tellFailed, failed, error);
        return;
    }
    telling = true;
    try {
        failed(error);
    } catch (thrown) {
        surface(thrown);
    } finally {
        telling = false;
    }
}
