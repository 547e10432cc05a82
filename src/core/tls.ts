import type tls from "node:tls";

/** Node's module, loaded when it is used first: few programs need it, and it is a tenth of the time to load us. */
export function loadTls(): typeof tls {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would come too late
    return require("node:tls") as typeof tls;
}
