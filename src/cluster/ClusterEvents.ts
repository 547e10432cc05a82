import type { SockhopError } from "../SockhopError";
import type { ClusterMember } from "./Members";

/** Events of a cluster. */
export interface ClusterEvents {
    /** Values reach the other servers: after the first attempt, and after each outage. */
    joined: [];
    /**
     * Values do not reach the other servers, only the clients of this one. The server connects again, for ever.
     *
     * Emitted once for each outage. Without a listener, the first one is a process warning.
     */
    degraded: [error: SockhopError];
    /** Another server is there: a new one, or one that was silent. */
    join: [member: ClusterMember];
    /** Another server has left (`"left"`), or was not heard for three heartbeats (`"silent"`). */
    leave: [member: ClusterMember, reason: "left" | "silent"];
    /**
     * Clients of this server have missed values of another one. Values for groups count, too, even if no client here is
     * a member.
     */
    missed: [member: ClusterMember, count: number];
}

/**
 * State of a server in its cluster:
 * - `"left"`: it does not listen
 * - `"joining"`: the first attempt to reach the engine
 * - `"joined"`: values reach the other servers
 * - `"degraded"`: the engine does not work; further attempts follow
 */
export type ClusterState = "left" | "joining" | "joined" | "degraded";

/** Counters since the server was created. */
export interface ClusterStats {
    /** Number of servers of the cluster now, this one included unless it has left. */
    members: number;
    /** Number of values that were handed to the engine. */
    messages_sent: number;
    /** Number of values of other servers. */
    messages_received: number;
    /** Bytes of messages that were handed to the engine, heartbeats included. */
    bytes_sent: number;
    /** Bytes of messages of other servers, heartbeats included. */
    bytes_received: number;
    /** Number of values of other servers that did not arrive. */
    missed: number;
    /** Number of values that were not handed to the engine: it did not work, or a limit was reached. */
    refused: number;
    /** Number of times that the state has become `"degraded"`. */
    outages: number;
    /** Milliseconds in the state `"degraded"`, the current outage included. */
    degraded_ms: number;
    /** Bytes that the engine has not taken. */
    buffered: number;
    /** Number of messages that the engine has not taken. */
    pending: number;
    /** Milliseconds from the last heartbeat to its echo; `undefined` before the first. */
    round_trip: number | undefined;
}
