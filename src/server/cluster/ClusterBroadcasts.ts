import { Cluster } from "../../cluster/Cluster";
import type { ClusterHost } from "../../cluster/ClusterHost";
import type { ClusterSettings } from "../../cluster/ClusterOptions";
import { warn } from "../../diagnostics/warning";
import { SockhopError } from "../../SockhopError";
import { markHandled } from "../../timers/promises";
import type { Failure } from "../broadcasts/Broadcast";
import type { Broadcasts } from "../broadcasts/Broadcasts";
import type { ClusterValues } from "./ClusterValues";
import type { ValueMessage } from "../broadcasts/SharedMessage";

/** Failures of single connections of a broadcast: their clients are told in other ways. */
const CONNECTION_CODES = new Set<string>(["ERR_SOCKET_DESTROYED", "ERR_BUFFER_FULL"]);

/** Error of a broadcast, with those of single connections if some of them could get it. */
type BroadcastError = SockhopError & { failures?: readonly Failure[] };

/** Server, for its {@link ClusterBroadcasts}. */
export interface ClusterServer {
    readonly broadcasts: Broadcasts;
    readonly values: ClusterValues;
    /** Number of connections. */
    count(): number;
    report(error: SockhopError): void;
}

/** Sends broadcasts of a server to the other servers of its cluster, and theirs to the clients of this one. */
export class ClusterBroadcasts implements ClusterHost {
    readonly #server: ClusterServer;
    readonly cluster: Cluster;
    #hasWarned = false;

    constructor(settings: ClusterSettings, server: ClusterServer) {
        this.#server = server;
        this.cluster = new Cluster(settings, this, server.values);
    }

    /** True if broadcasts are for other servers, too. */
    get isActive(): boolean {
        return this.cluster.state !== "left";
    }

    get clients(): number {
        return this.#server.count();
    }

    /**
     * Sends a value of the program to the other servers. If it has no form that they understand, they are told that they have
     * missed it, and the clients of this server have it all the same.
     *
     * @param local - broadcast of the value to the clients of this server
     * @returns settles when the engine has the value, too: as `local`, or else with the error of the cluster
     */
    send(message: ValueMessage, group: string | undefined, local: Promise<undefined[]>): Promise<undefined[]> {
        const { isRefused } = message; // by the formats of the clients: `local` rejects, as without a cluster
        let line: string;
        try {
            line = this.#server.values.lineOf(message);
        } catch (error) {
            if (!isRefused) this.#skip(error as SockhopError);
            return local;
        }
        const sent = both(local, this.cluster.spread(line, group));
        // An engine must not be able to crash the program: the state reports it.
        return isRefused ? sent : markHandled(sent);
    }

    deliver(lines: readonly string[], group: string | undefined): void {
        for (const line of lines) {
            this.#server.broadcasts.send(this.#server.values.messageOf(line), group).catch((error: unknown) => {
                this.#reportFault(error as BroadcastError);
            });
        }
    }

    report(error: SockhopError): void {
        this.#server.report(error);
    }

    /** Reports a value that clients did not get because of the value itself: its sender does not know. */
    #reportFault(error: BroadcastError): void {
        const errors = error.failures?.map((failure) => failure.error) ?? [error];
        const cause = errors.find(({ code }) => !CONNECTION_CODES.has(code));
        if (!cause) return;
        const what = "A value of another server did not reach clients of this one";
        this.report(new SockhopError(`${what}: ${cause.message}`, cause.code, { cause }));
    }

    /** Warns once. The promise and the events of the program are those that it has without a cluster. */
    #skip(error: SockhopError): void {
        this.cluster.skip();
        if (this.#hasWarned) return;
        this.#hasWarned = true;
        warn(`A value did not reach other servers: ${error.message}`);
    }
}

/** Waits for both, and settles as the first one that has failed, or as `local`. */
async function both(local: Promise<undefined[]>, remote: Promise<void>): Promise<undefined[]> {
    const [sent, spread] = await Promise.allSettled([local, remote]);
    if (sent.status === "rejected") throw sent.reason;
    if (spread.status === "rejected") throw spread.reason;
    return sent.value;
}
