import { SockhopError } from "../SockhopError";

/** Converts Node's error for a wrong type in `ssl_options` to `ERR_BAD_OPTION`. Returns other errors unchanged. */
export function asOptionError(thrown: unknown): Error {
    const error = thrown as NodeJS.ErrnoException;
    if (!error.code?.startsWith("ERR_INVALID_ARG")) return error;
    return new SockhopError(error.message, "ERR_BAD_OPTION", { cause: error });
}

/**
 * Returns the TLS options; `undefined` if TLS is off.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function tlsOptions<O extends object>(ssl: boolean | undefined, options: O | undefined): O | undefined {
    if (options && typeof options !== "object") {
        throw new SockhopError("ssl_options must be an object", "ERR_BAD_OPTION");
    }
    return ssl || (options && Object.keys(options).length > 0) ? ({ ...options } as O) : undefined;
}
