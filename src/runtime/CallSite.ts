import { types } from "node:util";
import { codeOf, memberOf, messageOf } from "./thrownValues";

/**
 * Position in the program that called a method.
 *
 * The stack of an error in a later tick has no line of the program. (Capturing a call site needs 1 to 2 µs, once for
 * each call of `connect()` and `listen()`.)
 */
export class CallSite {
    readonly #holder: { stack?: unknown } = {};

    /** @param method - function whose caller is the first line of the stack */
    // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as captureStackTrace() has it
    constructor(method: Function) {
        Error.captureStackTrace(this.#holder, method);
    }

    /** Replaces the stack of an error by that of the call. Never throws, and does not change a frozen error. */
    mark(error: Error): void {
        const frames = framesOf(this.#holder.stack);
        const stack = memberOf(error, "stack");
        if (frames === "" || typeof stack !== "string" || Object.isFrozen(error)) return; // newer releases of V8 have a setter
        const header = stack.slice(0, stack.length - framesOf(stack).length);
        Reflect.set(error, "stack", header + frames);
    }
}

/**
 * Lets the stack of an error that a method has caused in the same tick start near its caller. Frames of an encoder, one for
 * each level of a value, would take the place of the caller. Never throws.
 *
 * @param method - as that of a {@link CallSite}
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as captureStackTrace() has it
export function cutStack(error: unknown, method: Function): void {
    if (!types.isNativeError(error)) return;
    try {
        Error.captureStackTrace(error, method);
    } catch {
        // It is frozen.
    }
}

/** Replaces the message of an error, also in its stack. Has no effect on a frozen error. */
export function amend(error: Error, message: string): void {
    const stack = memberOf(error, "stack");
    const code = codeOf(error);
    const before = messageOf(error);
    const start = typeof stack === "string" && before !== "" ? stack.indexOf(before) : -1;
    const header =
        start === -1 ? `${error.name}${code === undefined ? "" : ` [${code}]`}: ` : (stack as string).slice(0, start);
    if (Reflect.set(error, "message", message)) Reflect.set(error, "stack", header + message + framesOf(stack));
}

/** Returns the part of a stack after the message; an empty string if there is none. */
export function framesOf(stack: unknown): string {
    const start = typeof stack === "string" ? stack.search(/\n {4}at /) : -1;
    return start === -1 ? "" : (stack as string).slice(start);
}
