import type net from "node:net";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { amend } from "../runtime/CallSite";
import { codeOf, memberOf, messageOf } from "../runtime/thrownValues";
import { systemError } from "../runtime/systemError";
import type { Address } from "./Address";
import { nameOf } from "./namedSocket";
import { isFile } from "./unixSocket";
import { UNTRUSTED } from "./untrusted";

/** Error of a socket that is connected to itself, if it is: `ECONNREFUSED`, because there is no server. */
export function selfConnectionError(socket: net.Socket): Error | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    // Linux may give a socket the local port that it connects to. Unix domain sockets have no ports.
    if (remotePort === undefined || localPort !== remotePort || localAddress !== remoteAddress) return undefined;
    return systemError("ECONNREFUSED", "connect", { address: remoteAddress ?? "", port: remotePort });
}

/** Address in messages: a path, or host and port. */
export function targetOf({ path, address, port }: Address): string {
    return path || `${address}:${port}`;
}

/**
 * Adds to the message of an error of `connect()`: the reasons, which Node leaves out for a host name with several
 * addresses, and the remedy.
 */
export function explain(error: Error, target: Address): void {
    const errors = memberOf(error, "errors");
    if (messageOf(error) === "" && Array.isArray(errors)) {
        const reasons = errors.map(messageOf).join("; ");
        amend(error, `connect ${codeOf(error) ?? "failed"} ${targetOf(target)} (${reasons})`);
    }
    const advice = connectAdvice(error, target);
    if (advice !== undefined) amend(error, `${messageOf(error)}: ${advice}`);
}

function connectAdvice(error: Error, target: Address): string | undefined {
    const code = codeOf(error) ?? "";
    const syscall = memberOf(error, "syscall");
    const { path, address } = target;
    if (UNTRUSTED.test(code)) return `to trust the server at ${targetOf(target)}, pass its PEM as ssl_options.ca`;
    if (code === "ERR_SSL_WRONG_VERSION_NUMBER") return `the server at ${targetOf(target)} does not use TLS`;
    if (code === "ENOTFOUND") return `no computer has the host name ${address}`;
    if (syscall !== "connect") return undefined;
    if (!path) return code === "ECONNREFUSED" ? `no server listens at ${targetOf(target)}` : undefined;
    const name = nameOf(path);
    if (name !== undefined && (code === "ENOENT" || code === "ECONNREFUSED")) return `no server has the name "${name}"`;
    if (code === "ENOENT") return missingFolder(path) ?? "no server listens at this path";
    if (code === "ECONNREFUSED")
        return "no server listens at this path: a killed server left the file, or it is not a socket";
    return code === "EACCES" ? "this user may not write to the socket" : undefined;
}

/** Adds the remedy to the message of an error of `listen()`. */
export function explainListen(error: NodeJS.ErrnoException, target: Address): void {
    const advice = listenAdvice(error, target);
    if (advice !== undefined) amend(error, `${error.message}: ${advice}`);
}

function listenAdvice({ code, syscall }: NodeJS.ErrnoException, { path, port }: Address): string | undefined {
    if (syscall === undefined) return undefined;
    if (code === "EADDRINUSE") {
        return path
            ? "a server listens at this path, or it is not a socket"
            : "another server listens there; port 0 is a free port";
    }
    if (code === "ENOTSUP") return "this system does not let servers share a port (reuse_port)";
    if (code === "EADDRNOTAVAIL") return "no network interface of this computer has the address";
    if (code !== "EACCES" && code !== "ENOENT" && code !== "ENOTDIR") return undefined;
    if (path) return missingFolder(path) ?? `this user may not create files in ${dirname(path)}`;
    return port < 1024 ? "ports below 1024 need more rights" : undefined;
}

function missingFolder(path: string): string | undefined {
    const folder = dirname(path);
    return isFile(path) && !existsSync(folder) ? `the folder ${folder} does not exist` : undefined;
}

/** True if no process listens at the address, so a server that was there has ended. */
export function isServerGone(error: Error | undefined): boolean {
    const errors = memberOf(error, "errors");
    if (Array.isArray(errors)) return (errors as readonly Error[]).every(isServerGone); // one for each IP address
    const code = codeOf(error);
    return memberOf(error, "syscall") === "connect" && (code === "ECONNREFUSED" || code === "ENOENT");
}

/** True if the backlog of a Unix domain socket is full (Linux). Its busy server will accept connections again. */
export function isBacklogFull(error: Error | undefined): boolean {
    return codeOf(error) === "EAGAIN" && memberOf(error, "syscall") === "connect";
}
