import { AsyncResource } from "node:async_hooks";

// No `destroy` hook needs to run at garbage collection. The option saves Node the registration for it.
const OPTIONS = { requireManualDestroy: true };

/**
 * Asynchronous context (`AsyncLocalStorage`) of one call of the program. Functions that the program passed with the
 * call run in it, as with Node's timers and promises. Without it they would run in the context in which the socket or
 * the shared timer was created.
 */
export class CallContext {
    readonly #resource = new AsyncResource("SockhopCall", OPTIONS);

    /** Calls a function of the program, and throws what it throws. */
    run<A extends unknown[]>(call: (...args: A) => void, ...args: A): void {
        this.#resource.runInAsyncScope(call, undefined, ...args);
    }
}
