import type { Cluster } from "node:cluster";

/** Whether this process is a worker of a cluster. Loads the module when a server listens, as Node does itself. */
export function isClusterWorker(): boolean {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would come too late
    return (require("node:cluster") as Cluster).isWorker;
}
