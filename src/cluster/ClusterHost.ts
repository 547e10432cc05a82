import type { SockhopError } from "../SockhopError";

/** Server, for its cluster. */
export interface ClusterHost {
    /** Number of connections. */
    readonly clients: number;
    /**
     * Sends values of another server to the clients of this one. Must not throw.
     *
     * @param lines - see {@link ClusterValues}
     * @param group - name of a group; `undefined` for all clients
     */
    deliver(lines: readonly string[], group: string | undefined): void;
    /** Reports a mistake of another server. */
    report(error: SockhopError): void;
}
