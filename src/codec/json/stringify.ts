import { SockhopError } from "../../SockhopError";

/** With the return value that it really has. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;

/**
 * Refuses a part of a message that JSON would leave out.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` for functions and symbols
 */
export function assertExpressible(value: unknown): void {
    if (typeof value === "function" || typeof value === "symbol") toJson(value);
}

/**
 * The JSON text of a value.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` for what JSON cannot express: `undefined`, functions and symbols (as the
 * value itself; inside an object they are left out, as JSON does), BigInt, cycles, and a `toJSON` that throws.
 */
export function toJson(value: unknown): string {
    let text: string | undefined;
    try {
        text = stringify(value);
    } catch (cause) {
        throw new SockhopError("This value cannot be sent: JSON.stringify failed", "ERR_BAD_DATA", { cause });
    }
    if (text === undefined) {
        throw new SockhopError(`This value cannot be sent: JSON has no ${typeof value}`, "ERR_BAD_DATA");
    }
    return text;
}
