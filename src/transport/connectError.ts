import type net from "node:net";
import { framesOf } from "../runtime/CallSite";
import { systemError } from "../runtime/systemError";
import type { Address } from "./Address";

/** Error of a socket that is connected to itself, if it is: `ECONNREFUSED`, because there is no server. */
export function selfConnectionError(socket: net.Socket): Error | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    // Linux may give a socket the local port that it connects to. Unix domain sockets have no ports.
    if (remotePort === undefined || localPort !== remotePort || localAddress !== remoteAddress) return undefined;
    return systemError("ECONNREFUSED", "connect", { address: remoteAddress ?? "", port: remotePort });
}

/** Address in messages: a path, or host and port. */
export function targetOf({ path, address, port }: Address): string {
    return path ? String(path) : `${address}:${port}`;
}

/** Adds a message to the error of a host name with several addresses, which Node leaves empty. */
export function explain(error: Error, { address, port }: { address: string; port: number }): void {
    const { code = "failed", errors } = error as Error & { code?: string; errors?: unknown };
    if (error.message !== "" || !Array.isArray(errors)) return;
    const reasons = (errors as readonly Error[]).map(({ message }) => message).join("; ");
    error.message = `connect ${code} ${address}:${port} (${reasons})`;
    error.stack = `${error.name} [${code}]: ${error.message}${framesOf(error.stack)}`; // it has the empty message
}

/** True if the backlog of a Unix domain socket is full (Linux). Its busy server will accept connections again. */
export function isBacklogFull(error: Error | undefined): boolean {
    const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
    return code === "EAGAIN" && syscall === "connect";
}
