import { channel } from "node:diagnostics_channel";
import { debug } from "./debugLog";

/** Message of `sockhop:cluster:state`: the state of a server in its cluster has changed. */
export interface ClusterStateDiagnostics {
    /** `server.cluster`. */
    cluster: object;
    state: string;
    /** Error of the engine, in the state `"degraded"`. */
    error?: Error | undefined;
}

/** Message of `sockhop:cluster:missed`: values of another server did not arrive. */
export interface ClusterMissedDiagnostics {
    /** `server.cluster`. */
    cluster: object;
    /** Id of the other server. */
    member: string;
    count: number;
}

const stateChannel = channel("sockhop:cluster:state");
const missedChannel = channel("sockhop:cluster:missed");

/** @internal */
export function publishClusterState(cluster: object, state: string, error?: Error): void {
    debug?.("cluster %s%s", state, error ? `: ${error.message}` : "");
    if (!stateChannel.hasSubscribers) return;
    stateChannel.publish({ cluster, state, error } satisfies ClusterStateDiagnostics);
}

/** @internal */
export function publishClusterMissed(cluster: object, member: string, count: number): void {
    debug?.("cluster missed %s of %s", count, member);
    if (!missedChannel.hasSubscribers) return;
    missedChannel.publish({ cluster, member, count } satisfies ClusterMissedDiagnostics);
}
