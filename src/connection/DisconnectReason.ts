import type { ErrorWithCode } from "../SockhopError";
import type { Socket } from "node:net";
import { codeOf } from "../runtime/thrownValues";

/**
 * Cause of the end of a connection.
 * - `"PEER_ENDED"`: the peer closed it, or its process ended
 * - `"PEER_RESET"`: the peer aborted it: `error` is `ECONNRESET` or `EPIPE`
 * - `"CLOSED"`: this end closed it: `disconnect()`, `close()`, or the program ended or destroyed the socket
 * - `"KILLED"`: `kill_socket()` of the server, or `kill()` of the session
 * - `"REPLACED"`: the client got another socket, or the socket another owner
 * - `"PING_TIMEOUT"`: no sign of life from the peer, see {@link Pinging.ping}
 * - `"SLOW_CONSUMER"`: the peer reads too slowly, see `slow_consumer`
 * - `"BAD_FRAMES"`: the peer sent no messages of sockhop: too many invalid frames, or HTTP
 * - `"FRAME_TIMEOUT"`: a frame did not end within `frame_timeout`
 * - `"MESSAGE_TOO_LARGE"`: the peer sent a message above `max_message_size`
 * - `"NOT_RESUMED"`: the connection was interrupted and could not be resumed: `error` is `ERR_NOT_RESUMED`
 * - `"SOCKET_ERROR"`: any other error of the socket, such as `ETIMEDOUT`
 */
export type DisconnectCode =
    | "PEER_ENDED"
    | "PEER_RESET"
    | "CLOSED"
    | "KILLED"
    | "REPLACED"
    | "PING_TIMEOUT"
    | "SLOW_CONSUMER"
    | "BAD_FRAMES"
    | "FRAME_TIMEOUT"
    | "MESSAGE_TOO_LARGE"
    | "NOT_RESUMED"
    | "SOCKET_ERROR";

/** Last argument of `disconnect`. */
export interface DisconnectReason {
    code: DisconnectCode;
    /**
     * Error that closed the connection, if there was one. With the code `NOT_RESUMED` it has the number of messages that
     * were not acknowledged.
     */
    error?: ErrorWithCode & { readonly unacknowledged?: number };
}

/** Codes for the error that closed a connection. */
const CODES = new Map<string | undefined, DisconnectCode>([
    ["ECONNRESET", "PEER_RESET"],
    ["EPIPE", "PEER_RESET"],
    ["ERR_BUFFER_FULL", "SLOW_CONSUMER"],
    ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA", "BAD_FRAMES"],
    ["ERR_FRAME_TIMEOUT", "FRAME_TIMEOUT"],
    ["ERR_MESSAGE_TOO_LARGE", "MESSAGE_TOO_LARGE"],
]);

/** Reason for an error that closed a connection. */
export function reasonOf(error: Error): DisconnectReason {
    return { code: CODES.get(codeOf(error)) ?? "SOCKET_ERROR", error };
}

/** Reason for a socket that is closed, or destroyed. */
export function closeReasonOf({ errored, readableEnded }: Socket): DisconnectReason {
    return errored ? reasonOf(errored) : { code: readableEnded ? "PEER_ENDED" : "CLOSED" };
}
