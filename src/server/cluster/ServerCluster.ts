import type { Cluster } from "../../cluster/Cluster";
import type { ClusterSettings } from "../../cluster/ClusterOptions";
import type { Connection } from "../../connection/Connection";
import type { Broadcasts } from "../broadcasts/Broadcasts";
import { ClusterBroadcasts } from "./ClusterBroadcasts";
import { ClusterValues, type ValueServer } from "./ClusterValues";
import { Presence } from "./Presence";
import { type DirectoryServer, SessionDirectory } from "./SessionDirectory";

/** Server, for its {@link ServerCluster}. */
export interface ClusteredServer extends ValueServer, Omit<DirectoryServer, "values" | "cluster"> {
    readonly broadcasts: Broadcasts;
    /** Connections of a group; all connections without one. */
    connections(group?: string): Connection[];
}

/**
 * What a server and the other servers of its cluster do for each other. Without the option `cluster` there are no others:
 * then it finds the sessions of this server.
 */
export class ServerCluster {
    readonly #server: ClusteredServer;
    readonly #broadcasts: ClusterBroadcasts | undefined;
    #values: ClusterValues | undefined;
    #directory: SessionDirectory | undefined;
    #presence: Presence | undefined;

    constructor(server: ClusteredServer, settings: ClusterSettings | undefined) {
        this.#server = server;
        if (!settings) return;
        const { broadcasts } = server;
        this.#broadcasts = new ClusterBroadcasts(settings, {
            values: this.#ownValues,
            broadcasts,
            count: () => server.connections().length,
            report: (error) => {
                server.report(error);
            },
        });
        const { cluster } = this.#broadcasts;
        this.directory.serve(cluster);
        this.presence.serve(cluster);
    }

    /** The other servers, with the option `cluster`. */
    get cluster(): Cluster | undefined {
        return this.#broadcasts?.cluster;
    }

    /** Broadcasts to the other servers; `undefined` if they are for clients of this one only. */
    get broadcasts(): ClusterBroadcasts | undefined {
        return this.#broadcasts?.isActive ? this.#broadcasts : undefined;
    }

    /** Sessions by their ids. */
    get directory(): SessionDirectory {
        return (this.#directory ??= new SessionDirectory({
            ...this.#server,
            values: this.#ownValues,
            cluster: () => this.broadcasts?.cluster,
        }));
    }

    /** Sessions of groups on all servers. */
    get presence(): Presence {
        return (this.#presence ??= new Presence({
            directory: () => this.directory,
            cluster: () => this.broadcasts?.cluster,
            connections: (group) => this.#server.connections(group),
        }));
    }

    /** Forgets a closed connection. */
    forget(connection: Connection): void {
        this.#directory?.delete(connection);
    }

    get #ownValues(): ClusterValues {
        return (this.#values ??= new ClusterValues(this.#server));
    }
}
