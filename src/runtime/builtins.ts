// Modules of Node.js that few programs need. They are loaded at first use, because together they would add a fifth to
// the load time of the library. A bundle of a bundler loads them at the start.
/* eslint-disable @typescript-eslint/no-require-imports -- import() is asynchronous, and fails in Jest */
import type cluster from "node:cluster";
import type crypto from "node:crypto";
import type tls from "node:tls";
import { URL as NodeUrl } from "node:url";

/** @returns Node's `cluster` */
export function loadCluster(): typeof cluster {
    return require("node:cluster") as typeof cluster;
}

/** @returns Node's `crypto` */
export function loadCrypto(): typeof crypto {
    return require("node:crypto") as typeof crypto;
}

/** @returns Node's `tls` */
export function loadTls(): typeof tls {
    return require("node:tls") as typeof tls;
}

/** Class `URL` of this realm. A realm of `node:vm` may have none, and then uses that of Node. */
export const UrlClass: typeof NodeUrl = (globalThis as { URL?: typeof NodeUrl }).URL ?? NodeUrl;
