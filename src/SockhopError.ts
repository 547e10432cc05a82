import type { Socket } from "node:net";

/** Every code that a {@link SockhopError} can carry; `docs/errors.md` explains each. */
export type SockhopErrorCode =
    | "ERR_ABORTED"
    | "ERR_BAD_DATA"
    | "ERR_BAD_OPTION"
    | "ERR_BUFFER_FULL"
    | "ERR_CONNECT_TIMEOUT"
    | "ERR_FRAME_TIMEOUT"
    | "ERR_MAX_CONNECTIONS"
    | "ERR_MAX_PENDING"
    | "ERR_MESSAGE_TOO_LARGE"
    | "ERR_MULTICONNECT"
    | "ERR_NO_SOCKET"
    | "ERR_OBJECTBUFFER_BAD_BUFFER"
    | "ERR_OBJECTBUFFER_BAD_BUFFER_DATA"
    | "ERR_OBJECTBUFFER_BAD_OBJECT"
    | "ERR_PATH_TOO_LONG"
    | "ERR_QUEUE_EXPIRED"
    | "ERR_QUEUE_FULL"
    | "ERR_REMOTE_CALLBACK_TYPE"
    | "ERR_REQUEST_FAILED"
    | "ERR_REQUEST_TYPE"
    | "ERR_REQUEST_UNHANDLED"
    | "ERR_RESPONSE_END"
    | "ERR_RESPONSE_SEND"
    | "ERR_RESPONSE_TIMEOUT"
    | "ERR_SESSION_TIMEOUT"
    | "ERR_SOCKET_DESTROYED";

/**
 * What this library throws, rejects with and emits as `error`.
 *
 * Tell errors apart by {@link SockhopError.code | code}: the codes are stable within a major version, the messages are
 * not. Errors of the system (`ECONNREFUSED`, `EADDRINUSE`, `ENOENT` …) reach you as Node made them, and are not of this
 * class. `name` is `"Error"`, as in sockhop 1.8.
 */
export class SockhopError extends Error {
    readonly code: SockhopErrorCode;
    /** Of `sendall()`: the connections that have failed, and why. */
    declare readonly failures?: readonly { socket: Socket; error: SockhopError }[];

    /**
     * @param message - for people
     * @param code - for programs
     * @param options - `cause`: the error that led to this one
     */
    constructor(message: string, code: SockhopErrorCode, options?: { cause?: unknown }) {
        super(message, options);
        this.code = code;
    }
}

/**
 * The error of a message that cannot be delivered because its connection is closed.
 *
 * @internal
 */
export function notConnectedError(cause?: unknown): SockhopError {
    const options = cause === undefined ? undefined : { cause };
    return new SockhopError("There is no connection to send this over", "ERR_SOCKET_DESTROYED", options);
}
