import type { Socket } from "node:net";

/** Code of a {@link SockhopError}. `docs/errors.md` explains each. */
export type SockhopErrorCode =
    | "ERR_ABORTED"
    | "ERR_BAD_DATA"
    | "ERR_BAD_OPTION"
    | "ERR_BUFFER_FULL"
    | "ERR_CLUSTER_DEGRADED"
    | "ERR_CLUSTER_VERSION"
    | "ERR_CODEC"
    | "ERR_CONNECT_TIMEOUT"
    | "ERR_FLUSH_TIMEOUT"
    | "ERR_FRAME_TIMEOUT"
    | "ERR_HANDLER_EXISTS"
    | "ERR_MAX_CONNECTIONS"
    | "ERR_MAX_PENDING"
    | "ERR_MESSAGE_TOO_LARGE"
    | "ERR_MULTICONNECT"
    | "ERR_NO_ENGINE"
    | "ERR_NO_MEMBER"
    | "ERR_NO_SOCKET"
    | "ERR_NOT_RESUMED"
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

/** Error of this library, of Node.js or of the program: most have a code. */
export type ErrorWithCode = Error & { readonly code?: string | undefined };

/** Error with which the handler of a request has failed at the peer. */
export interface RemoteError {
    message: string;
    /** `code` of the error, if it is a string or a number. */
    code?: string | number;
    /** `data` of the error, as the codec of the connection expresses it. */
    data?: unknown;
}

/**
 * Error of this library: thrown, as the reason of a rejected promise, or as the argument of an `error` event.
 *
 * Distinguish errors by {@link SockhopError.code | code}. The codes are stable within a major version, the messages are
 * not. Errors of the operating system (`ECONNREFUSED`, `EADDRINUSE`, `ENOENT` …) are not of this class: you receive
 * those of Node, with the remedy at the end of their message. `name` is `"Error"`, as in sockhop 1.8.
 *
 * @example
 * ```js
 * client.send("hello").catch((error) => {
 *     if (error.code === "ERR_SOCKET_DESTROYED") console.log("not connected");
 * });
 * ```
 */
export class SockhopError extends Error {
    readonly code: SockhopErrorCode;
    /** Failed connections and their errors. Only an error of `sendall()` has this member. */
    declare readonly failures?: readonly { socket: Socket; error: SockhopError }[];
    /**
     * Number of sent messages that the peer has not acknowledged, and may not have received. Only errors at the end of a
     * connection that could be resumed have this member.
     */
    declare readonly unacknowledged?: number;
    /** Error of the handler at the peer. Only `ERR_REQUEST_FAILED` has this member. The peer chose its values. */
    declare readonly remote?: RemoteError;

    /**
     * Creates an error.
     *
     * @param message - text for people
     * @param code - cause, for programs
     * @param options - `cause`: error that caused this one
     */
    constructor(message: string, code: SockhopErrorCode, options?: { cause?: unknown }) {
        super(message, options);
        this.code = code;
    }
}

/**
 * True for an error of the library. `instanceof` can throw: the value may be a Proxy that was revoked.
 *
 * @internal
 */
export function isSockhopError(thrown: unknown): thrown is SockhopError {
    try {
        return thrown instanceof SockhopError;
    } catch {
        return false;
    }
}

/**
 * Options of an error with a cause; `undefined` if there is none.
 *
 * @internal
 */
export function causedBy(cause: unknown): { cause: unknown } | undefined {
    return cause === undefined ? undefined : { cause };
}

/**
 * Error of a message without a connection, or whose connection closed before the operating system had all bytes.
 *
 * @internal
 */
export function notConnectedError(
    cause?: unknown,
    message = "The connection closed before the message was sent completely",
): SockhopError {
    return new SockhopError(message, "ERR_SOCKET_DESTROYED", causedBy(cause));
}
