import { loadCluster } from "../runtime/builtins";

/** Whether this process is a worker of a cluster. Loads the module when a server listens, as Node does itself. */
export function isClusterWorker(): boolean {
    return loadCluster().isWorker;
}
