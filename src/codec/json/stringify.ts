import { types } from "node:util";
import { messageOf } from "../../runtime/thrownValues";
import type { SockhopError } from "../../SockhopError";
import { badDataError, kindOf } from "../errors";
import { findFault } from "./findFault";
import { LossCheck } from "./LossCheck";

/** `JSON.stringify` with its real return type: TypeScript declares it without `undefined`. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;

const losses = new LossCheck();

/**
 * Converts a value to JSON text.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` for a value that JSON cannot express: `undefined`, a function or a symbol
 * (as the value itself; inside an object, JSON omits it), a BigInt, a cycle, or a `toJSON` that throws. The text has the
 * path of the reason.
 */
export function toJson(value: unknown): string {
    let text: string | undefined;
    try {
        text = stringify(value);
    } catch (cause) {
        throw refusedError(value, cause);
    }
    if (text === undefined) {
        throw badDataError(typeof value === "object" ? "its toJSON() returned nothing" : kindOf(value));
    }
    if (losses.remaining > 0 || (text === "{}" && !isPlain(value))) losses.check(value, text);
    return text;
}

/** True for an object of no class, as most empty ones are. A Proxy can throw. */
function isPlain(value: unknown): boolean {
    return !types.isProxy(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/** @param cause - error of `JSON.stringify` */
function refusedError(value: unknown, cause: unknown): SockhopError {
    const fault = findFault(value);
    // The message of a cycle has several lines.
    return badDataError(fault?.reason ?? messageOf(cause).replace(/\s*\n\s*/g, " "), fault?.path, cause);
}
