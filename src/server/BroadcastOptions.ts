import type { Socket } from "node:net";
import type { Connection } from "../connection/Connection";
import { isSocket } from "../connection/socketHooks";
import { SockhopError } from "../SockhopError";

/** Client of a server: its session, or its socket. */
export type Recipient = Socket | { readonly sock: Socket };

/** Options of `sendall()`. */
export interface BroadcastOptions<Type extends string = string> {
    /**
     * Type on the wire: see {@link SendOptions.type}.
     *
     * @default the name of the class of the value
     */
    type?: Type | undefined;
    /** Clients that do not get the value. Those that have disconnected have no effect. */
    except?: Recipient | readonly Recipient[] | null | undefined;
}

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
    const excluded = new Set((Array.isArray(except) ? (except as readonly unknown[]) : [except]).map(socketOf));
    return connections.filter(({ socket, sessionEnd }) => !sessionEnd && !excluded.has(socket));
}

function socketOf(recipient: unknown): Socket {
    const socket = isSocket(recipient) ? recipient : (recipient as { sock?: unknown } | null | undefined)?.sock;
    if (isSocket(socket)) return socket;
    throw new SockhopError("except must be a session, a socket, or an array of them", "ERR_BAD_OPTION");
}
