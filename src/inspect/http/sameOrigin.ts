import type { IncomingHttpHeaders } from "node:http";

/** Names that lead to this computer in the address bar of a browser. Another name may be that of a hostile page. */
const HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "localhost"]);

/** Port of `http:`, which clients leave out of `Host` and `Origin`. */
const DEFAULT_PORT = 80;

/**
 * True for a request of a program of this computer, or of a page of the server at this port. `Host` and `Origin` must be those of
 * the server, also if a name of an attacker leads here (DNS rebinding).
 */
export function isSameOrigin(headers: IncomingHttpHeaders, port: number | undefined): boolean {
    const { host = "", origin, "sec-fetch-site": site = "none" } = headers;
    const [name = ""] = host.split(":");
    const hosts = [`${name}:${port}`, ...(port === DEFAULT_PORT ? [name] : [])];
    if (!HOSTS.has(name) || !hosts.includes(host)) return false;
    if (origin !== undefined && !hosts.some((own) => origin === `http://${own}`)) return false;
    return site === "none" || site === "same-origin";
}
