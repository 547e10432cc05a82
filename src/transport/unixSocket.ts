import { type BigIntStats, linkSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { uuidv4 } from "../protocol/uuid";
import { SockhopError } from "../SockhopError";

/** Maximum length of the path of a socket (`sun_path` in unix(7), without the zero byte at its end). */
const MAX_PATH_BYTES = process.platform === "linux" ? 107 : 103;

/** False for Windows pipes and Linux abstract sockets, whose names are not paths of files. */
export function isFile(path: string): boolean {
    return process.platform !== "win32" && !path.startsWith("\0");
}

/** True if the path is short enough for a socket. */
export function fits(path: string): boolean {
    return process.platform === "win32" || Buffer.byteLength(path) <= MAX_PATH_BYTES;
}

/**
 * Rejects a path that is too long. The system would truncate it, or fail with a plain `EINVAL`.
 *
 * @throws {@link SockhopError} `ERR_PATH_TOO_LONG`
 */
export function assertFits(path: string): void {
    if (fits(path)) return;
    const length = Buffer.byteLength(path);
    const message = `The path of a socket has at most ${MAX_PATH_BYTES} bytes, but this one has ${length}`;
    throw new SockhopError(message, "ERR_PATH_TOO_LONG");
}

/** Returns the stats of a file; `undefined` if there is none, or if Node's permission model denies access. */
export function stat(path: string): BigIntStats | undefined {
    if (!isFile(path)) return undefined;
    try {
        return lstatSync(path, { bigint: true, throwIfNoEntry: false });
    } catch {
        return undefined;
    }
}

/**
 * True if both are the same file. Compares the modification time, too, because systems reuse inode numbers. (That of a
 * socket never changes.)
 */
export function isSameFile(a: BigIntStats | undefined, b: BigIntStats | undefined): boolean {
    return !!a && !!b && a.ino === b.ino && a.dev === b.dev && a.mtimeNs === b.mtimeNs;
}

/** Unused path in the same folder. */
function backupPathOf(path: string): string {
    return `${path}.${uuidv4().slice(0, 8)}`;
}

/** Socket file of a listening server. */
export class SocketFile {
    readonly #stats: BigIntStats | undefined;
    /** Remembered because the program may change its working directory while the server listens. */
    readonly #absolutePath: string;

    constructor(private readonly path: string) {
        this.#stats = stat(path);
        this.#absolutePath = this.#stats ? resolve(path) : path;
    }

    /**
     * Calls `close`, and preserves a file of another server at the path: Node removes any file there. During a restart,
     * the old process often closes after the new one has started to listen.
     */
    whileClosing(close: () => void): void {
        const current = stat(this.path);
        const backup = backupPathOf(this.path);
        const isForeign = current !== undefined && !isSameFile(current, this.#stats);
        // A rename leaves the path empty for a short time, so a link is better. Linux lets only the owner link a file.
        const hasBackup =
            isForeign && (attempt(() => linkSync(this.path, backup)) || attempt(() => renameSync(this.path, backup)));
        close();
        if (hasBackup && stat(this.path)) attempt(() => unlinkSync(backup));
        else if (hasBackup) attempt(() => renameSync(backup, this.path));
        if (isSameFile(stat(this.#absolutePath), this.#stats)) attempt(() => unlinkSync(this.#absolutePath));
    }
}

/** @returns false if the action throws */
export function attempt(action: () => void): boolean {
    try {
        action();
        return true;
    } catch {
        return false;
    }
}
