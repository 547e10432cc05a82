/**
 * Place in the program from which a method was called.
 *
 * An error that arises in a later turn has no line of the program in its stack. (Taking a call site costs 1 to 2 µs, once
 * for each call of `connect()` and `listen()`.)
 */
export class CallSite {
    readonly #holder: { stack?: unknown } = {};

    /** @param method - the stack begins at the caller of this function */
    // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as captureStackTrace() has it
    constructor(method: Function) {
        Error.captureStackTrace(this.#holder, method);
    }

    /** Makes the stack of an error begin at the call. */
    mark(error: Error): void {
        const frames = framesOf(this.#holder.stack);
        if (frames === "" || typeof error.stack !== "string") return;
        const header = error.stack.slice(0, error.stack.length - framesOf(error.stack).length);
        Reflect.set(error, "stack", header + frames); // nothing happens to an error that is frozen
    }
}

/** The part of a stack behind the message. */
export function framesOf(stack: unknown): string {
    const start = typeof stack === "string" ? stack.search(/\n {4}at /) : -1;
    return start === -1 ? "" : (stack as string).slice(start);
}
