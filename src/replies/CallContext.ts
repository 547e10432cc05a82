import { AsyncResource } from "node:async_hooks";

// Nothing is to be told when one is collected, which saves Node a registration.
const OPTIONS = { requireManualDestroy: true };

/**
 * The asynchronous context of a call of the program's (`AsyncLocalStorage`): what the program has given with the call runs in
 * it, as with a timer or a promise of Node. Sockets and shared timers have the context of whoever came first.
 */
export class CallContext {
    readonly #resource = new AsyncResource("SockhopCall", OPTIONS);

    /** Calls a function of the program's. What it throws is thrown. */
    run<A extends unknown[]>(call: (...args: A) => void, ...args: A): void {
        this.#resource.runInAsyncScope(call, undefined, ...args);
    }
}
