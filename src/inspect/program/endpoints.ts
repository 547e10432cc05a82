import type { Socket } from "node:net";
import { nameOf } from "../../transport/namedSocket";
import type { Side } from "../protocol";

/**
 * Members of a connection that the inspector reads. They are internal, and can be those of another version of the library
 * in the same process, so each may be missing.
 */
export interface LiveConnection {
    readonly state: string;
    readonly socket: Socket;
    readonly endpoint: LiveEndpoint;
    readonly framesSent: number;
    readonly framesReceived: number;
    readonly bytesSent: number;
    readonly bytesReceived: number;
    readonly pending: number;
    readonly buffered: number;
    readonly codec?: string;
    readonly session?: object | undefined;
    readonly pings?: { readonly roundTrip: number | undefined } | undefined;
    readonly resumption?: { readonly interruptions: number } | undefined;
    readonly isInterrupted?: boolean;
    readonly closeReason?: { readonly code: string } | undefined;
}

/** The other servers of a server with the option `cluster`. */
interface LiveCluster {
    readonly id: string | undefined;
    readonly state: string;
    readonly members: readonly { readonly id: string; readonly clients: number; readonly here: boolean }[];
}

/** Members of a client or server that the inspector reads. */
export interface LiveEndpoint {
    readonly _connections?: ReadonlySet<LiveConnection>;
    readonly _objectBuffer?: { readonly json: { readonly terminator: string; readonly enveloped: boolean } };
    readonly _groupsOf?: (connection: LiveConnection) => ReadonlySet<string>;
    readonly cluster?: LiveCluster | undefined;
    readonly path?: string | null;
    readonly address?: string;
    readonly port?: number;
    readonly sockets?: unknown;
    get_bound_port?: () => number | undefined;
}

/** Clients and servers that {@link track} has added. They are not kept alive. */
const known = new Set<WeakRef<LiveEndpoint>>();
const tracked = new WeakSet<LiveEndpoint>();

/** Adds an endpoint, unless it is known. */
export function track(endpoint: LiveEndpoint): void {
    if (tracked.has(endpoint)) return;
    tracked.add(endpoint);
    for (const reference of known) if (reference.deref() === undefined) known.delete(reference);
    known.add(new WeakRef(endpoint));
}

/** Yields the known clients and servers. */
export function* endpoints(): Generator<LiveEndpoint> {
    for (const reference of known) {
        const endpoint = reference.deref();
        if (endpoint) yield endpoint;
        else known.delete(reference);
    }
}

/** Servers have several sockets. */
export function roleOf(endpoint: LiveEndpoint): Side {
    return endpoint.sockets === undefined ? "client" : "server";
}

/** Address of an endpoint: of a client the one that it connects to. */
export function addressOf(endpoint: LiveEndpoint): string {
    const { path, address = "127.0.0.1", port } = endpoint;
    if (path !== undefined && path !== null) {
        const name = nameOf(path);
        return name === undefined ? path : `name:${name}`;
    }
    return `${address}:${(roleOf(endpoint) === "server" ? boundPort(endpoint) : undefined) ?? port ?? "?"}`;
}

function boundPort(endpoint: LiveEndpoint): number | undefined {
    try {
        return endpoint.get_bound_port?.();
    } catch {
        return undefined; // it does not listen any more
    }
}

/** Address of the other end of a socket. A Unix domain socket has none. */
export function peerOf({ remoteAddress, remotePort }: Partial<Socket>): string {
    if (remoteAddress === undefined) return "local socket";
    return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
