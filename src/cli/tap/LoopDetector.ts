import type net from "node:net";

/** The two addresses of a TCP connection, each with its port; nothing for another socket, or a closed one. */
function endsOf(socket: net.Socket): { local: string; remote: string } | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    if (localAddress === undefined || remoteAddress === undefined) return undefined;
    return { local: place(localAddress, localPort), remote: place(remoteAddress, remotePort) };
}

/** An IPv4 address is the same when a socket for IPv6 shows it. */
function place(address: string, port: number | undefined): string {
    return `${address.replace(/^::ffff:/i, "")} ${port}`;
}

/**
 * Whether a socket is connected to itself. Linux lets one that connects to a free port of the ephemeral range have this
 * very port for its own: there is no server.
 */
export function isSelfConnected(socket: net.Socket): boolean {
    const ends = endsOf(socket);
    return ends !== undefined && ends.local === ends.remote;
}

/** The TCP connections of one process, to recognize one that it has made with itself: a loop. */
export class LoopDetector {
    readonly #known = new Set<string>();

    /**
     * Remembers a connection until it is closed.
     *
     * @param dialed - this end has made it
     * @returns whether the other end is known, too
     */
    add(socket: net.Socket, dialed: boolean): boolean {
        const ends = endsOf(socket);
        if (!ends) return false;
        const route = dialed ? `${ends.local} ${ends.remote}` : `${ends.remote} ${ends.local}`;
        if (this.#known.has(route)) return true;
        this.#known.add(route);
        socket.once("close", () => this.#known.delete(route));
        return false;
    }
}
