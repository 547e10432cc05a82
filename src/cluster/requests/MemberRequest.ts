import { type Abortable, unwatchSignal, watchSignal } from "../../replies/abortSignals";
import { SockhopError } from "../../SockhopError";
import { type Link, type TimerEntry, type TimerLists, unlink } from "../../timers/TimerLists";
import { markHandled } from "../../timers/promises";

/** Callbacks of a {@link MemberRequest}. */
export interface RequestOwner {
    /** Called once, when the request has settled. `isCanceled` is true if the other server is still handling it. */
    settled(request: MemberRequest, isCanceled: boolean): void;
}

/** Request to another server that has no response yet. */
export class MemberRequest implements TimerEntry, Abortable {
    before: Link = this;
    after: Link = this;
    since: TimerEntry["since"];
    readonly uuid: string;
    /** Id of the server. */
    readonly member: string;
    /** Its rejection needs no handler: the caller could not foresee the failure. */
    readonly promise: Promise<unknown>;
    readonly #owner: RequestOwner;
    readonly #timeout: number;
    #signal: AbortSignal | undefined;
    #resolve!: (data: unknown) => void;
    #reject!: (error: SockhopError) => void;
    isSettled = false;

    /** @param timeout - milliseconds */
    constructor(uuid: string, member: string, timeout: number, owner: RequestOwner) {
        this.uuid = uuid;
        this.member = member;
        this.#timeout = timeout;
        this.#owner = owner;
        this.promise = markHandled(
            new Promise((resolve, reject) => {
                this.#resolve = resolve;
                this.#reject = reject;
            }),
        );
    }

    /** Starts the timeout, and listens to the signal. Code of the program can settle the request meanwhile. */
    start(timers: TimerLists, signal: AbortSignal | undefined): void {
        timers.add(this, this.#timeout);
        if (!signal) return;
        this.#signal = signal;
        try {
            watchSignal(signal, this);
        } catch (error) {
            this.fail(error as SockhopError);
        }
        if (this.isSettled) unwatchSignal(signal, this);
    }

    resolve(data: unknown): void {
        if (this.#settle(false)) this.#resolve(data);
    }

    fail(error: SockhopError, isCanceled = false): void {
        if (this.#settle(isCanceled)) this.#reject(error);
    }

    abort(error: SockhopError): void {
        this.fail(error, true);
    }

    expire(): void {
        const text = `No response from the server ${this.member} within ${this.#timeout} ms`;
        this.fail(new SockhopError(text, "ERR_RESPONSE_TIMEOUT"), true);
    }

    #settle(isCanceled: boolean): boolean {
        if (this.isSettled) return false;
        this.isSettled = true;
        unlink(this);
        this.#owner.settled(this, isCanceled);
        if (this.#signal) unwatchSignal(this.#signal, this);
        return true;
    }
}
