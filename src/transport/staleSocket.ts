import { type BigIntStats, closeSync, openSync, unlinkSync } from "node:fs";
import net from "node:net";
import { attempt, isFile, same, stat } from "./unixSocket";
import { nodeClearTimeout, nodeSetTimeout } from "../runtime/clock";

/** Time limit of one probe, in milliseconds. A server that does not respond within it counts as alive. */
const PROBE_LIMIT = 1000;

/** Time between two probes, in milliseconds: longer than a server needs from making its socket to listening. */
const PROBE_PAUSE = 100;

/** Time after which a lock counts as left behind by a killed process, in milliseconds. A removal takes microseconds. */
const LOCK_LIMIT = 2000;

/**
 * Removes the socket of a server that was killed. Nothing else is ever removed: not what is no socket, and no socket at
 * which a server listens.
 *
 * Several processes may try this at the same time. A new socket refuses connections until its server listens, so it has
 * to refuse twice. Then one process after the other checks that the socket is still the same, and removes it.
 *
 * @returns whether to bind again, since the path may be free
 */
export async function removeStale(path: string): Promise<boolean> {
    const found = stat(path);
    if (!isFile(path) || (found && !found.isSocket())) return false;
    if (!found || !(await refuses(path))) return true;
    await new Promise((resolve) => nodeSetTimeout(resolve, PROBE_PAUSE));
    if (await refuses(path)) await removeSame(path, found);
    return true;
}

/** Removes a socket, unless another process removes it. Resolves when it is not at the path any more, or cannot be removed. */
async function removeSame(path: string, found: BigIntStats): Promise<void> {
    const lock = lockOf(path, found);
    const end = performance.now() + 2 * LOCK_LIMIT;
    while (same(found, stat(path)) && performance.now() < end) {
        const state = acquire(lock);
        if (state === "acquired") {
            if (same(found, stat(path))) attempt(() => unlinkSync(path));
            attempt(() => unlinkSync(lock));
        }
        if (state !== "held") return;
        await new Promise((resolve) => nodeSetTimeout(resolve, PROBE_PAUSE));
    }
}

/**
 * Name of the file that exists while a process removes this socket. It contains the identity of the socket, so it is no
 * file of another program, and one that was left behind concerns no other socket.
 */
function lockOf(path: string, { ino, mtimeNs }: BigIntStats): string {
    return `${path}.${ino.toString(36)}-${mtimeNs.toString(36)}`;
}

/** Tries to make the lock file. Removes one that was left behind, for the next attempt. */
function acquire(lock: string): "acquired" | "held" | "refused" {
    try {
        closeSync(openSync(lock, "wx"));
        return "acquired";
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") return "refused";
    }
    const made = stat(lock);
    if (made && Date.now() - Number(made.mtimeMs) > LOCK_LIMIT) attempt(() => unlinkSync(lock));
    return "held";
}

/** Whether no server listens at this socket. */
function refuses(path: string): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = net.connect(path);
        const limit = nodeSetTimeout(() => socket.destroy(), PROBE_LIMIT);
        socket.on("connect", () => socket.destroy());
        socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
        socket.on("close", () => {
            nodeClearTimeout(limit);
            resolve(false);
        });
    });
}
