import { SockhopError } from "../../SockhopError";
import { notEncodableError } from "../errors";

/** With the return type that it really has. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;

/**
 * JSON text of a value.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` for a value that JSON cannot express: `undefined`, functions and symbols (as the
 * value itself; JSON leaves them out inside an object), BigInt, cycles, and a `toJSON` that throws.
 */
export function toJson(value: unknown): string {
    let text: string | undefined;
    try {
        text = stringify(value);
    } catch (cause) {
        throw new SockhopError("This value cannot be sent: JSON.stringify failed", "ERR_BAD_DATA", { cause });
    }
    if (text === undefined) throw notEncodableError(value);
    return text;
}
