import { types } from "node:util";
import { memberOf } from "../runtime/thrownValues";
import { UNTRUSTED } from "../transport/untrusted";

/** A mistake in the command line: exit code 2. */
export class UsageError extends Error {}

/** A failed operation, with a message for the user of the command line. */
export class CommandError extends Error {
    constructor(
        message: string,
        readonly code: string | undefined,
        cause: unknown,
    ) {
        super(message, { cause });
    }
}

/** Ends a command early: Ctrl-C, SIGTERM, or a closed stdout. */
export class Interruption extends Error {
    constructor(readonly exitCode: number) {
        super("interrupted");
    }
}

/** Messages for error codes of connecting and listening. The endpoint follows. */
const MESSAGES = new Map([
    ["ECONNREFUSED", "no server is listening on"],
    ["ENOENT", "no socket at"],
    ["ENOTFOUND", "host not found:"],
    ["EADDRINUSE", "address already in use:"],
    ["EADDRNOTAVAIL", "address not available on this machine:"],
    ["EACCES", "permission denied:"],
    ["ENOTSOCK", "not a socket:"],
    ["ERR_CONNECT_TIMEOUT", "connection timed out:"],
]);

/** Codes of an attempt to use TLS with a peer that does not: silence, another protocol, or a closed connection. */
const NO_TLS = /^(ERR_CONNECT_TIMEOUT|ECONNRESET|EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/;

/** Replaces the error of a TLS connection to a peer that may not use TLS. Returns other errors unchanged. */
export function explainTlsError(error: unknown, endpoint: string): unknown {
    const code = errorCode(error) ?? "";
    if (!NO_TLS.test(code)) return error;
    return new CommandError(
        `no TLS connection to ${endpoint}: does the server use TLS? Try without --tls`,
        code,
        error,
    );
}

/** Replaces a socket error by a {@link CommandError} that names the endpoint. Returns other errors unchanged. */
export function explainError(error: unknown, endpoint: string): unknown {
    const code = errorCode(error) ?? "";
    const message = MESSAGES.get(code);
    const missing = /the folder .* does not exist$/.exec(String(memberOf(error, "message")));
    if (missing) return new CommandError(missing[0], code, error); // the system says EACCES
    if (message !== undefined) return new CommandError(`${message} ${endpoint}`, code, error);
    if (!UNTRUSTED.test(code)) return error;
    return new CommandError(`the certificate of ${endpoint} is not trusted (see --ca and --insecure)`, code, error);
}

export function errorCode(error: unknown): string | undefined {
    const code = isError(error) ? memberOf(error, "code") : undefined;
    return typeof code === "string" && code !== "" ? code : undefined;
}

/** True for errors, also those of another realm, and for objects with a message. */
export function isError(thrown: unknown): boolean {
    return (
        types.isNativeError(thrown) || (typeof thrown === "object" && typeof memberOf(thrown, "message") === "string")
    );
}

/** Exit code for an error: 2 if only a different command line can help, otherwise 1. */
export function exitCodeOf(error: unknown): number {
    if (error instanceof Interruption) return error.exitCode;
    return error instanceof UsageError || errorCode(error) === "ERR_BAD_OPTION" ? 2 : 1;
}
