import { randomBytes } from "node:crypto";
import { type BigIntStats, chmodSync, linkSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import net from "node:net";
import { SockhopError } from "../SockhopError";

/** How long to wait for the server that may live at a path, in milliseconds. Who does not answer so long lives. */
const PROBE_LIMIT = 1000;

/** Pipes of Windows and abstract sockets of Linux are names, and no files. */
function isFile(path: string): boolean {
    return process.platform !== "win32" && !path.startsWith("\0");
}

/**
 * Refuses a path that the system would refuse with a bare `EINVAL`, or cut off (`sun_path` in unix(7), less the zero at
 * its end).
 *
 * @throws {@link SockhopError} `ERR_PATH_TOO_LONG`
 */
export function assertFits(path: string): void {
    const most = process.platform === "linux" ? 107 : 103;
    const length = Buffer.byteLength(path);
    if (process.platform === "win32" || length <= most) return;
    throw new SockhopError(`A path of ${length} bytes is too long for a socket: at most ${most}`, "ERR_PATH_TOO_LONG");
}

/**
 * Calls `listen`, which makes a socket at `path` before it returns, so that the socket has these permissions before
 * anybody can connect. Files that other threads of the process make in that moment get no permissions at all.
 *
 * @param listen - says whether it has made the socket
 * @throws {@link SockhopError} `ERR_BAD_OPTION` in a worker thread, where Node cannot do that
 */
export function withMode(path: string, mode: number, listen: () => boolean): void {
    if (!isFile(path)) {
        listen();
        return;
    }
    let usual: number;
    try {
        usual = process.umask(0o777);
    } catch (cause) {
        throw new SockhopError("The option mode cannot be used in a worker", "ERR_BAD_OPTION", { cause });
    }
    let made = false;
    try {
        made = listen();
    } finally {
        process.umask(usual);
    }
    if (made) chmodSync(path, mode);
}

/** Which file this is, or nothing when there is none. */
function stat(path: string): BigIntStats | undefined {
    return isFile(path) ? lstatSync(path, { bigint: true, throwIfNoEntry: false }) : undefined;
}

/** Inode numbers are used again; the time of the last change of a socket is that of its making. */
function same(one: BigIntStats | undefined, other: BigIntStats | undefined): boolean {
    return !!one && !!other && one.ino === other.ino && one.dev === other.dev && one.mtimeNs === other.mtimeNs;
}

/**
 * Removes the socket of a server that has gone without removing it. Says whether it has: nothing is removed but a socket
 * at which nobody listens.
 *
 * Several may try this at once, so it is moved aside first, which only one of them can do, and looked at again there.
 */
export async function removeStale(path: string): Promise<boolean> {
    const found = stat(path);
    if (!found?.isSocket() || !(await refuses(path))) return false;
    const aside = `${path}.${randomBytes(4).toString("hex")}`;
    if (!attempt(() => renameSync(path, aside))) return true; // somebody else has
    const stale = same(found, stat(aside));
    // Somebody else has removed it, and listens there already: it is put back.
    if (!stale) attempt(() => linkSync(aside, path));
    attempt(() => unlinkSync(aside));
    return stale;
}

/** Whether nobody listens at this socket. */
function refuses(path: string): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = net.connect(path);
        const limit = setTimeout(() => socket.destroy(), PROBE_LIMIT);
        socket.on("connect", () => socket.destroy());
        socket.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
        socket.on("close", () => {
            clearTimeout(limit);
            resolve(false);
        });
    });
}

/** The socket file of a server that listens. */
export class SocketFile {
    readonly #made: BigIntStats | undefined;

    constructor(private readonly path: string) {
        this.#made = stat(path);
    }

    /**
     * Calls `close`, which removes whatever is at the path, but leaves there what somebody else has put there since: when
     * a program is replaced by a new one, the old one often closes after the new one has begun to listen.
     */
    whileClosing(close: () => void): void {
        const now = stat(this.path);
        const aside = `${this.path}.${randomBytes(4).toString("hex")}`;
        const foreign = now !== undefined && !same(now, this.#made) && attempt(() => linkSync(this.path, aside));
        close();
        if (foreign) attempt(() => renameSync(aside, this.path));
    }
}

/** Whether this could be done. */
function attempt(action: () => void): boolean {
    try {
        action();
        return true;
    } catch {
        return false;
    }
}
