import { SockhopError } from "../SockhopError";

/** The error of Node for an option of `ssl_options` that is not of the right type, as `ERR_BAD_OPTION`; others as they are. */
export function asOptionError(thrown: unknown): Error {
    const error = thrown as NodeJS.ErrnoException;
    if (!error.code?.startsWith("ERR_INVALID_ARG")) return error;
    return new SockhopError(error.message, "ERR_BAD_OPTION", { cause: error });
}
