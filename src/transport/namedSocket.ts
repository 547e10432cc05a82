import { type Stats, chmodSync, lstatSync, mkdirSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { SockhopError } from "../SockhopError";

/** Names that are valid as a file name on every system, and short enough for the path of a socket. */
const NAME = /^(?!\.)[\w.-]{1,64}$/;

/** Path of a Windows pipe. Pipes are not in a folder, so the user is part of the name. */
function pipePath(name: string): string {
    return `\\\\.\\pipe\\sockhop-${userName()}-${name}`;
}

function userName(): string {
    try {
        return os.userInfo().username;
    } catch {
        return process.env["USERNAME"] ?? ""; // the user has no entry in the user database of the system
    }
}

/**
 * Folder of the sockets of this user. Below `XDG_RUNTIME_DIR` (XDG Base Directory Specification), which the system
 * removes at logout, together with its sockets. If that folder does not conform to the specification: below the folder
 * of temporary files.
 */
function socketFolder(): string {
    const { XDG_RUNTIME_DIR: runtime } = process.env;
    if (runtime && isRuntimeFolder(runtime)) return path.join(runtime, "sockhop");
    return path.join(os.tmpdir(), `sockhop-${process.getuid?.() ?? ""}`);
}

/** True for an absolute path of a folder that belongs to this user and has the permissions 0700, as specified. */
function isRuntimeFolder(folder: string): boolean {
    if (!path.isAbsolute(folder)) return false;
    try {
        const stats = statSync(folder, { throwIfNoEntry: false });
        return !!stats?.isDirectory() && isOwnFile(stats) && (stats.mode & 0o777) === 0o700;
    } catch (error) {
        return isDenied(error); // then it is trusted, so that all programs of the user choose the same folder
    }
}

/** True if a file belongs to this user, or if the system has no user ids. */
function isOwnFile({ uid }: Stats): boolean {
    return process.getuid === undefined || uid === process.getuid();
}

/** True for an error of Node's permission model. (It does not restrict sockets, only file access.) */
function isDenied(error: unknown): boolean {
    return (error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED";
}

/**
 * Returns the path of the option `name`, for programs that need a path: a Unix domain socket in a folder that only this
 * user can enter (`sockhop` in `XDG_RUNTIME_DIR`, or else `sockhop-UID` in the folder of temporary files), or a pipe on
 * Windows.
 *
 * @param name - letters, digits, `.`, `_` and `-`, at most 64 characters, no leading dot
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for an invalid name
 */
export function path_of(name: string): string {
    if (typeof name !== "string" || !NAME.test(name)) {
        const message = "name must have 1 to 64 letters, digits, '.', '_' or '-', and no leading dot";
        throw new SockhopError(message, "ERR_BAD_OPTION");
    }
    return process.platform === "win32" ? pipePath(name) : path.join(socketFolder(), `${name}.sock`);
}

/** Folder of a path, if it is the folder of the sockets of this user. */
function socketFolderOf(socketPath: string): string | undefined {
    const folder = path.dirname(socketPath);
    // Most paths fail the first test. The second one needs permissions that a sandboxed program may lack.
    return path.basename(folder).startsWith("sockhop") && folder === socketFolder() ? folder : undefined;
}

/** Name of a path that {@link path_of} returns; `undefined` for another path. */
export function nameOf(socketPath: string): string | undefined {
    if (process.platform === "win32") {
        const prefix = pipePath("");
        return socketPath.startsWith(prefix) ? socketPath.slice(prefix.length) : undefined;
    }
    return socketFolderOf(socketPath) === undefined ? undefined : path.basename(socketPath, ".sock");
}

/** Creates the folder of a path, if it is the folder of the sockets of this user. */
export function createFolder(socketPath: string): void {
    const folder = socketFolderOf(socketPath);
    if (folder === undefined) return;
    try {
        mkdirSync(folder, { mode: 0o700 });
        chmodSync(folder, 0o700); // the umask may have removed permissions of the user
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" && !isDenied(error)) throw error;
    }
}

/**
 * Checks that no other user can create sockets in the folder of a path, if it is the folder of the sockets of this
 * user. Any user can create a folder of that name in the folder of temporary files.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function assertPrivate(socketPath: string): void {
    const folder = socketFolderOf(socketPath);
    if (process.platform === "win32" || folder === undefined) return;
    let stats: Stats | undefined;
    try {
        stats = lstatSync(folder, { throwIfNoEntry: false });
    } catch {
        return; // the system decides if this process may connect
    }
    if (!stats || (stats.isDirectory() && isOwnFile(stats) && (stats.mode & 0o077) === 0)) return;
    throw new SockhopError(`${folder} must be a folder of this user, with the permissions 0700`, "ERR_BAD_OPTION");
}
