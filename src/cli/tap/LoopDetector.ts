import { statSync } from "node:fs";
import type net from "node:net";
import { path_of } from "../../index";
import type { Endpoint } from "../arguments/endpoint";

/** Local and remote address of a TCP connection. `undefined` for other sockets, and after the close. */
function addressesOf(socket: net.Socket): { local: string; remote: string } | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    if (localAddress === undefined || remoteAddress === undefined) return undefined;
    return { local: formatAddress(localAddress, localPort), remote: formatAddress(remoteAddress, remotePort) };
}

/** An IPv6 socket shows an IPv4 address with a prefix. */
function formatAddress(address: string, port: number | undefined): string {
    return `${address.replace(/^::ffff:/i, "")} ${port}`;
}

/**
 * True if a socket is connected to itself. Linux may give a client the port that it connects to, if that is a free port of
 * the ephemeral range. There is no server then.
 */
export function isSelfConnected(socket: net.Socket): boolean {
    const addresses = addressesOf(socket);
    return addresses !== undefined && addresses.local === addresses.remote;
}

/** Detects a TCP connection between two sockets of this process. */
export class LoopDetector {
    readonly #routes = new Set<string>();

    /**
     * Adds a socket until it is closed.
     *
     * @param dialed - true for a socket that this process has connected, false for an accepted one
     * @returns true if the other end of the connection was added before
     */
    add(socket: net.Socket, dialed: boolean): boolean {
        const addresses = addressesOf(socket);
        if (!addresses) return false;
        const { local, remote } = addresses;
        const route = dialed ? `${local} ${remote}` : `${remote} ${local}`;
        if (this.#routes.has(route)) return true;
        this.#routes.add(route);
        socket.once("close", () => this.#routes.delete(route));
        return false;
    }
}

/** True if both endpoints are the same socket file, also by different paths. False for ports. */
export function isSameSocketFile(a: Endpoint, b: Endpoint): boolean {
    const file = fileId(a);
    return file !== undefined && file === fileId(b);
}

/** Identifies the file of an endpoint. `undefined` for a port, and for a missing file. */
function fileId({ path, name }: Endpoint): string | undefined {
    const file = name === undefined ? path : path_of(name);
    try {
        const { dev, ino } = statSync(file ?? "", { bigint: true });
        return `${dev} ${ino}`;
    } catch {
        return undefined;
    }
}
