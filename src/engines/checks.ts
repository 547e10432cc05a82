import { SockhopError } from "../index";
import { memberOf } from "../runtime/thrownValues";

/** Bytes of the longest character of a string in UTF-8. */
const MAX_BYTES_PER_CHARACTER = 3;

/**
 * Validates the argument of an engine.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`, without the argument: it may be a URL with a password
 */
export function checkOptions<T extends object>(engine: string, options: unknown): Partial<T> {
    if (options !== undefined && (typeof options !== "object" || options === null))
        throw new SockhopError(`${engine}() takes an object of options`, "ERR_BAD_OPTION");
    const client = memberOf(options, "client");
    if (client !== undefined && typeof client !== "function")
        throw new SockhopError(`client of ${engine}() must be a function that returns a new client`, "ERR_BAD_OPTION");
    return (options as Partial<T> | undefined) ?? {};
}

/**
 * Validates the size of a message.
 *
 * @param limit - bytes of the largest one
 * @throws {@link SockhopError} `ERR_MESSAGE_TOO_LARGE`
 */
export function checkSize(text: string, limit: number): void {
    if (text.length * MAX_BYTES_PER_CHARACTER <= limit) return;
    const size = Buffer.byteLength(text);
    if (size > limit)
        throw new SockhopError(`A message of ${size} bytes, and the engine takes ${limit}`, "ERR_MESSAGE_TOO_LARGE");
}
