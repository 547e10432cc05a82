import {
    chmodSync,
    closeSync,
    linkSync,
    mkdtempSync,
    openSync,
    renameSync,
    rmdirSync,
    statSync,
    unlinkSync,
} from "node:fs";
import type net from "node:net";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { systemError } from "../runtime/systemError";
import { assertFits, attempt, fits, stat } from "./unixSocket";

/**
 * Listens at a path, on a socket whose permissions are set before another process can connect.
 *
 * Creates the socket in a folder that only this user can enter, sets its permissions there, and links it to the path.
 * Setting the umask instead would affect files that other threads of the process create at the same time.
 *
 * @throws error of the system, such as `EADDRINUSE` if there is a file at the path
 */
export function listenWithMode(server: net.Server, path: string, mode: number): void {
    if (stat(path)) throw inUse(path);
    const folder = mkdtempSync(`${dirname(path)}/.`);
    // When the server closes, Node removes the path at which it was bound: no other file may ever have this name.
    const socket = join(folder, basename(folder));
    try {
        // The umask may have removed permissions. A setgid folder passes its bit and its group on to new folders.
        chmodSync(folder, 0o700 | (statSync(folder).mode & 0o2000));
        listenIn(server, folder);
        if (!server.listening) return; // an `error` event follows
        chmodSync(socket, mode);
        publish(socket, path);
        showAddress(server, path);
    } catch (error) {
        if (server.listening) server.close();
        throw error;
    } finally {
        attempt(() => unlinkSync(socket));
        attempt(() => rmdirSync(folder));
    }
}

/** Listens on a socket in the folder. If its path is too long, Linux has a shorter one through a file descriptor. */
function listenIn(server: net.Server, folder: string): void {
    const name = basename(folder);
    const path = join(folder, name);
    if (fits(path) || process.platform !== "linux") {
        assertFits(path);
        server.listen(path);
        return;
    }
    const descriptor = openSync(folder, "r");
    try {
        server.listen(`/proc/self/fd/${descriptor}/${name}`);
    } finally {
        closeSync(descriptor);
    }
}

/** Links the socket to its path. Unlike a rename, a link does not replace a file that another process just created. */
function publish(socket: string, path: string): void {
    try {
        linkSync(socket, path);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST" || stat(path)) throw inUse(path);
        renameSync(socket, path); // some file systems do not support links
    }
}

/** Overrides `server.address()`, which would return the path at which Node bound the server. */
function showAddress(server: net.Server, path: string): void {
    server.address = () => path;
    server.prependOnceListener("close", () => Reflect.deleteProperty(server, "address"));
}

function inUse(path: string): NodeJS.ErrnoException {
    return systemError("EADDRINUSE", "listen", { address: path });
}
