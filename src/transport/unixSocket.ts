import process from "node:process";
import { type BigIntStats, linkSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import { SockhopError } from "../SockhopError";
import { uuidv4 } from "../protocol/uuid";

/** Longest path of a socket, in bytes (`sun_path` in unix(7), less the zero at its end). */
const LONGEST_PATH = process.platform === "linux" ? 107 : 103;

/** False for pipes of Windows and abstract sockets of Linux, which are names and no files. */
export function isFile(path: string): boolean {
    return process.platform !== "win32" && !path.startsWith("\0");
}

/** Whether the system takes a path of this length. */
export function fits(path: string): boolean {
    return process.platform === "win32" || Buffer.byteLength(path) <= LONGEST_PATH;
}

/**
 * Refuses a path that the system would refuse with a bare `EINVAL`, or truncate.
 *
 * @throws {@link SockhopError} `ERR_PATH_TOO_LONG`
 */
export function assertFits(path: string): void {
    if (fits(path)) return;
    const text = `A path of ${Buffer.byteLength(path)} bytes is too long for a socket: at most ${LONGEST_PATH}`;
    throw new SockhopError(text, "ERR_PATH_TOO_LONG");
}

/** The file at a path; nothing when there is none, or when this process may not look (Node's permission model). */
export function stat(path: string): BigIntStats | undefined {
    if (!isFile(path)) return undefined;
    try {
        return lstatSync(path, { bigint: true, throwIfNoEntry: false });
    } catch {
        return undefined;
    }
}

/** Whether two files are one. Inode numbers are used again, so the time of the last change counts: a socket never changes. */
export function same(one: BigIntStats | undefined, other: BigIntStats | undefined): boolean {
    return !!one && !!other && one.ino === other.ino && one.dev === other.dev && one.mtimeNs === other.mtimeNs;
}

/** Unused name in the same folder. */
function besides(path: string): string {
    return `${path}.${uuidv4().slice(0, 8)}`;
}

/** The socket file of a server that listens. */
export class SocketFile {
    readonly #made: BigIntStats | undefined;
    /** The program may change its working folder while the server listens. */
    readonly #absolute: string;

    constructor(private readonly path: string) {
        this.#made = stat(path);
        this.#absolute = this.#made ? resolve(path) : path;
    }

    /**
     * Calls `close`, which makes Node remove any file at the path, and leaves there a file that is not ours: when a
     * program is replaced by a new one, the old one often closes after the new one has begun to listen.
     */
    whileClosing(close: () => void): void {
        const now = stat(this.path);
        const aside = besides(this.path);
        const isForeign = now !== undefined && !same(now, this.#made);
        // Linux lets only its owner link a file; to rename it takes it away for a moment.
        const isKept =
            isForeign && (attempt(() => linkSync(this.path, aside)) || attempt(() => renameSync(this.path, aside)));
        close();
        if (isKept && stat(this.path)) attempt(() => unlinkSync(aside));
        else if (isKept) attempt(() => renameSync(aside, this.path));
        if (same(stat(this.#absolute), this.#made)) attempt(() => unlinkSync(this.#absolute));
    }
}

/** Whether this could be done. */
export function attempt(action: () => void): boolean {
    try {
        action();
        return true;
    } catch {
        return false;
    }
}
