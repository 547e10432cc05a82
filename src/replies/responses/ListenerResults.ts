import { warn } from "../../diagnostics/warning";
import type { SockhopRequest } from "../../protocol/SockhopRequest";
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
     * Warns, once per listener, if it seems to have returned its response, and has sent nothing. It may still respond
     * later: then its value is something else, such as the result of `emit()`.
     *
     * @param isAsync - true for the value of a promise
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
        // Only with one parameter a function surely has none for the response: `(...args)` counts as none.
        const isResponse = isAsync ? original.length < 2 || typeof value !== "boolean" : original.length === 1;
        if (!isResponse || this.#warned.has(original)) return;
        this.#warned.add(original);
        warn(`${MESSAGE} (type ${shortType(type)})`);
    }
}
