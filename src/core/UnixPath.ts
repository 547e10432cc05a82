import { type BigIntStats, chmodSync, closeSync, linkSync, lstatSync, openSync, renameSync, unlinkSync } from "node:fs";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { SockhopError } from "../SockhopError";
import { newUuid } from "../protocol/newUuid";

/** How long to wait for the server that may live at a path, in milliseconds. Who does not answer so long lives. */
const PROBE_LIMIT = 1000;

/** Between two such looks: longer than a server needs from making its socket to listening, in milliseconds. */
const PROBE_PAUSE = 100;

/** How long the removal of a socket may take, in milliseconds; it takes some microseconds. */
const LOCK_LIMIT = 5000;

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
 * Removes the socket of a server that has gone without removing it. Says whether the path may be free now: nothing is
 * removed but a socket at which nobody listens.
 *
 * Several may try this at once. A socket that another one has just made refuses connections, too, until it listens; so
 * it has to refuse twice. Then one after the other looks whether it is still the same, and removes it.
 */
export async function removeStale(path: string): Promise<boolean> {
    const found = stat(path);
    if (!found?.isSocket() || !(await refuses(path))) return false;
    await sleep(PROBE_PAUSE);
    if (!(await refuses(path))) return !stat(path);
    return exclusively(path, () => {
        const now = stat(path);
        if (same(found, now)) unlinkSync(path);
        return !now || same(found, now);
    });
}

/** Does what only one may do at a time, and says whether it has succeeded: not while another one does it. */
function exclusively(path: string, action: () => boolean): boolean {
    const lock = `${path}.lock`;
    if (!attempt(() => closeSync(openSync(lock, "wx")))) {
        // Who holds it does not wait for anything. One that is old was left by a process that was killed right there.
        const since = lstatSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
        if (Date.now() - since > LOCK_LIMIT) attempt(() => unlinkSync(lock));
        return false;
    }
    try {
        return action();
    } finally {
        unlinkSync(lock);
    }
}

/** A name in the same folder that nobody uses. */
function besides(path: string): string {
    return `${path}.${newUuid().slice(0, 8)}`;
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
        const aside = besides(this.path);
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
