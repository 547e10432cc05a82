import { loadCluster } from "../runtime/builtins";

/** True if this process is a worker of `node:cluster`. Loads that module, as Node does for any server that listens. */
export function isClusterWorker(): boolean {
    return loadCluster().isWorker;
}
