import type { Socket } from "node:net";

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
    /**
     * Only the clients of this server get the value, and not those of others in its cluster. Has no effect without a cluster.
     *
     * @default false
     */
    local?: boolean | undefined;
}
