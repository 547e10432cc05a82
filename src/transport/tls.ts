import { SockhopError } from "../SockhopError";

/** The error of Node for an option of `ssl_options` that is not of the right type, as `ERR_BAD_OPTION`; others as they are. */
export function asOptionError(thrown: unknown): Error {
    const error = thrown as NodeJS.ErrnoException;
    if (!error.code?.startsWith("ERR_INVALID_ARG")) return error;
    return new SockhopError(error.message, "ERR_BAD_OPTION", { cause: error });
}

/**
 * The options for TLS, if it is wanted at all.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function tlsOptions<O extends object>(ssl: boolean | undefined, options: O | undefined): O | undefined {
    if (options && typeof options !== "object") {
        throw new SockhopError("ssl_options must be an object", "ERR_BAD_OPTION");
    }
    return ssl || (options && Object.keys(options).length > 0) ? ({ ...options } as O) : undefined;
}
