// Replaces builtins.ts in the build for bundlers: an ES module has no `require()`.
import cluster from "node:cluster";
import crypto from "node:crypto";
import tls from "node:tls";

/** @returns Node's `cluster` */
export function loadCluster(): typeof cluster {
    return cluster;
}

/** @returns Node's `crypto` */
export function loadCrypto(): typeof crypto {
    return crypto;
}

/** @returns Node's `tls` */
export function loadTls(): typeof tls {
    return tls;
}
