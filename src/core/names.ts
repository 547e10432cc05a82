import { lstatSync, mkdirSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { SockhopError } from "../SockhopError";

/** What can be part of the name of a file everywhere, and fits into the path of a socket. */
const NAME = /^(?!\.)[\w.-]{1,64}$/;

/** Pipes of Windows have no folders; those of a user begin with this. */
const PIPES = `\\\\.\\pipe\\sockhop-${process.platform === "win32" ? os.userInfo().username : ""}-`;

/**
 * The folder of the user's sockets. `XDG_RUNTIME_DIR` (XDG Base Directory Specification) goes when the user logs out, as
 * sockets should; where there is none, a folder of the user's own among the temporary files.
 */
function folder(): string {
    const { XDG_RUNTIME_DIR: runtime } = process.env;
    if (runtime && path.isAbsolute(runtime) && statSync(runtime, { throwIfNoEntry: false })?.isDirectory()) {
        return path.join(runtime, "sockhop");
    }
    return path.join(os.tmpdir(), `sockhop-${process.getuid?.() ?? ""}`);
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
    return process.platform === "win32" ? PIPES + name : path.join(folder(), `${name}.sock`);
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
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
}

/**
 * Refuses the folder of the user's sockets, if that is where this path leads to, when somebody else can put sockets
 * there: anybody may make a folder among the temporary files.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function assertPrivate(to: string): void {
    const parent = folderOf(to);
    if (process.platform === "win32" || parent === undefined) return;
    const found = lstatSync(parent, { throwIfNoEntry: false });
    if (!found || (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0)) return;
    throw new SockhopError(`${parent} is not a folder of this user alone`, "ERR_BAD_OPTION");
}
