import type { Socket } from "node:net";
import { type Connection, connectionOf } from "../../connection/Connection";
import { isSocket } from "../../connection/socketHooks";
import { memberOf } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";
import type { BroadcastOptions } from "./BroadcastOptions";

/**
 * Connections that get a broadcast: not those of `except`, and not one whose session is ending, because `end()` runs while
 * the connection can still send.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function recipientsOf(
    connections: readonly Connection[],
    options: BroadcastOptions | null | undefined,
): readonly Connection[] {
    const except = options?.except;
    if (!except) return connections.filter(({ sessionEnd }) => !sessionEnd);
    const given = Array.isArray(except) ? (except as readonly unknown[]) : [except];
    const excluded = new Set(given.map((recipient) => connectionOf(socketOf(recipient)))); // also by an earlier socket
    return connections.filter((connection) => !connection.sessionEnd && !excluded.has(connection));
}

function socketOf(recipient: unknown): Socket {
    const socket = isSocket(recipient) ? recipient : memberOf(recipient, "sock");
    if (isSocket(socket)) return socket;
    throw new SockhopError("except must be a session, a socket, or an array of them", "ERR_BAD_OPTION");
}
