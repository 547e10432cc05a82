import { type BigIntStats, closeSync, openSync, readFileSync, unlinkSync } from "node:fs";
import net from "node:net";
import { resolve as resolvePath } from "node:path";
import { nodeClearTimeout, nodeDateNow, nodeNow, nodeSetTimeout } from "../runtime/clock";
import { attempt, isFile, isSameFile, stat } from "./unixSocket";

/** Timeout of one probe. A server that does not accept the connection within it counts as alive. */
const PROBE_TIMEOUT_MS = 1000;

/** Delay between two probes. A server needs less time between creating its socket and listening. */
const PROBE_INTERVAL_MS = 100;

/** Age after which a lock counts as left behind by a killed process. (A removal takes microseconds.) */
const LOCK_TIMEOUT_MS = 2000;

/**
 * Removes the stale socket of a killed server. Never removes another type of file, or a socket with a listening server;
 * on Linux, nor a socket that a running process has bound.
 *
 * Several processes may do this at the same time. A new socket refuses connections until its server listens, so a stale
 * socket must refuse two probes. Then each process in turn checks that the socket is still the same file, and removes
 * it.
 *
 * @returns true to bind again, because the path may be free
 */
export async function removeStaleSocket(path: string): Promise<boolean> {
    const stats = stat(path);
    if (!isFile(path) || (stats && !stats.isSocket())) return false;
    if (!stats || !(await refusesConnections(path))) return true;
    await new Promise((resolve) => nodeSetTimeout(resolve, PROBE_INTERVAL_MS));
    if ((await refusesConnections(path)) && !isBound(path)) await removeFile(path, stats);
    return true;
}

/**
 * True if a running process has bound a socket to this path, and does not listen on it. Linux lists the sockets of all
 * processes, with their flags (00010000: it listens) and state (01: not connected). Other systems do not.
 */
function isBound(path: string): boolean {
    try {
        const end = ` ${resolvePath(path)}`;
        const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
        return lines.some((line) => line.endsWith(end) && / 00000000 \d+ 01 /.test(line));
    } catch {
        return false; // another system, or Node's permission model
    }
}

/**
 * Removes a file, unless it has been replaced. Resolves when this or another process has removed it, or when it cannot
 * be removed.
 */
async function removeFile(path: string, stats: BigIntStats): Promise<void> {
    const lock = lockOf(path, stats);
    const end = nodeNow() + 2 * LOCK_TIMEOUT_MS;
    while (isSameFile(stats, stat(path)) && nodeNow() < end) {
        const state = acquire(lock);
        if (state === "acquired") {
            if (isSameFile(stats, stat(path))) attempt(() => unlinkSync(path));
            attempt(() => unlinkSync(lock));
        }
        if (state !== "held") return;
        await new Promise((resolve) => nodeSetTimeout(resolve, PROBE_INTERVAL_MS));
    }
}

/**
 * Path of the lock file that exists while a process removes this socket. It contains the identity of the socket, so it
 * cannot be a file of another program, and a lock that was left behind does not affect other sockets.
 */
function lockOf(path: string, { ino, mtimeNs }: BigIntStats): string {
    return `${path}.${ino.toString(36)}-${mtimeNs.toString(36)}`;
}

/** Tries to create the lock file. Removes one that was left behind, for the next attempt. */
function acquire(lock: string): "acquired" | "held" | "refused" {
    try {
        closeSync(openSync(lock, "wx"));
        return "acquired";
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") return "refused";
    }
    const stats = stat(lock);
    if (stats && nodeDateNow() - Number(stats.mtimeMs) > LOCK_TIMEOUT_MS) attempt(() => unlinkSync(lock));
    return "held";
}

/** True if no server listens on this socket. */
function refusesConnections(path: string): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = net.connect(path);
        const timeout = nodeSetTimeout(() => socket.destroy(), PROBE_TIMEOUT_MS);
        socket.on("connect", () => socket.destroy());
        socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
        socket.on("close", () => {
            nodeClearTimeout(timeout);
            resolve(false);
        });
    });
}
