import process from "node:process";
import { type Stats, lstatSync, mkdirSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { SockhopError } from "../SockhopError";

/** What can be part of the name of a file everywhere, and fits into the path of a socket. */
const NAME = /^(?!\.)[\w.-]{1,64}$/;

/** A pipe of Windows, which is in no folder. */
function pipe(name: string): string {
    return `\\\\.\\pipe\\sockhop-${userName()}-${name}`;
}

function userName(): string {
    try {
        return os.userInfo().username;
    } catch {
        return process.env["USERNAME"] ?? ""; // a user without an entry in the system's list
    }
}

/**
 * The folder of the user's sockets. `XDG_RUNTIME_DIR` (XDG Base Directory Specification) goes when the user logs out, as
 * sockets should. Where it does not fulfil the specification, a folder of the user's own among the temporary files.
 */
function folder(): string {
    const { XDG_RUNTIME_DIR: runtime } = process.env;
    if (runtime && isRuntimeFolder(runtime)) return path.join(runtime, "sockhop");
    return path.join(os.tmpdir(), `sockhop-${process.getuid?.() ?? ""}`);
}

/** The specification demands an absolute path, and a folder of this user with the permissions 0700. */
function isRuntimeFolder(folder: string): boolean {
    if (!path.isAbsolute(folder)) return false;
    try {
        const found = statSync(folder, { throwIfNoEntry: false });
        return !!found?.isDirectory() && isOwn(found) && (found.mode & 0o777) === 0o700;
    } catch (error) {
        return isDenied(error); // then it is trusted, as it is by programs that may look
    }
}

/** Whether a file belongs to this user. True where Node cannot tell who that is. */
function isOwn({ uid }: Stats): boolean {
    return process.getuid === undefined || uid === process.getuid();
}

/** Whether Node's permission model has refused a call. The sockets themselves need no permission. */
function isDenied(error: unknown): boolean {
    return (error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED";
}

/**
 * Where the server of this name listens, for programs that want a path: a socket in a folder that only this user can
 * enter, `sockhop` in `XDG_RUNTIME_DIR` or else `sockhop-UID` among the temporary files; on Windows a pipe.
 *
 * @param name - letters, digits, `.`, `_` and `-`, at most 64, the first no dot
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for what is no name
 */
export function path_of(name: string): string {
    if (typeof name !== "string" || !NAME.test(name)) {
        throw new SockhopError("A name has letters, digits, '.', '_' and '-', at most 64", "ERR_BAD_OPTION");
    }
    return process.platform === "win32" ? pipe(name) : path.join(folder(), `${name}.sock`);
}

/** The folder of the user's sockets, if that is where a path leads to. */
function folderOf(to: string): string | undefined {
    const parent = path.dirname(to);
    // Most paths look otherwise, and to find the folder takes rights that programs in a sandbox may lack.
    return path.basename(parent).startsWith("sockhop") && parent === folder() ? parent : undefined;
}

/** Makes the folder of the user's sockets, if that is where this path leads to. */
export function makeFolder(to: string): void {
    const parent = folderOf(to);
    if (parent === undefined) return;
    try {
        mkdirSync(parent, { mode: 0o700 });
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" && !isDenied(error)) throw error;
    }
}

/**
 * Refuses the folder of the user's sockets, if that is where this path leads to, when another user can put sockets
 * there: every user may make a folder among the temporary files.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function assertPrivate(to: string): void {
    const parent = folderOf(to);
    if (process.platform === "win32" || parent === undefined) return;
    let found: Stats | undefined;
    try {
        found = lstatSync(parent, { throwIfNoEntry: false });
    } catch {
        return; // whether this process may connect, the system decides
    }
    if (!found || (found.isDirectory() && isOwn(found) && (found.mode & 0o077) === 0)) return;
    throw new SockhopError(`${parent} is not a folder of this user alone`, "ERR_BAD_OPTION");
}
