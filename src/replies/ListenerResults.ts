import { warn } from "../diagnostics/warning";
import type { SockhopRequest } from "../protocol/SockhopRequest";
import { markHandled } from "../timers/promises";
import { shortType } from "./failure";
import type { SockhopResponseWriteableStream } from "./ResponseWriteableStream";

/** Listener as `rawListeners()` returns it: that of `once()` is wrapped. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as rawListeners() has it
export type Listener = Function & { listener?: Listener };

const MESSAGE = "A request listener returned a value, which is not sent: call response.send(), or use handle()";

/** Detects `request` listeners that return their response, as functions for `handle()` do, instead of sending it. */
export class ListenerResults {
    /** Listeners that have caused a warning. */
    readonly #warned = new WeakSet<Listener>();

    /**
     * Warns, once per listener, if it has returned a value and has sent nothing. Fails the request if the listener has
     * no parameter for the response, because it cannot respond later.
     *
     * @param isAsync - true for the value of a promise. Other functions may return anything, such as a timer
     */
    check(
        value: unknown,
        isAsync: boolean,
        listener: Listener,
        { type }: SockhopRequest,
        response: SockhopResponseWriteableStream,
    ): void {
        if (value === undefined || !response.isUntouched) return;
        const original = listener.listener ?? listener;
        const cannotRespond = original.length < 2;
        if (!isAsync && !cannotRespond) return;
        if (cannotRespond) void markHandled(response.failWith({ code: "ERR_REQUEST_FAILED", message: MESSAGE }));
        if (this.#warned.has(original)) return;
        this.#warned.add(original);
        warn(`${MESSAGE} (type ${shortType(type)})`);
    }
}
