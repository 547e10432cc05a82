import process from "node:process";
import { chmodSync, closeSync, linkSync, mkdtempSync, openSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import type net from "node:net";
import { basename, dirname, join } from "node:path";
import { assertFits, attempt, fits, stat } from "./unixSocket";
import { systemError } from "../runtime/systemError";

/**
 * Makes a server listen at a path, on a socket that has these permissions before another process can connect.
 *
 * The socket is made in a folder that only this user can enter, gets its permissions there, and then its name. To set the
 * umask instead would affect all files that other threads of the process make meanwhile.
 *
 * @throws Node's error of the system, such as `EADDRINUSE` when there is a file at the path
 */
export function listenWithMode(server: net.Server, path: string, mode: number): void {
    if (stat(path)) throw inUse(path);
    const folder = mkdtempSync(`${dirname(path)}/.`);
    // Node removes the path that it was given when the server closes: the name must be that of no other file.
    const socket = join(folder, basename(folder));
    try {
        chmodSync(folder, 0o700); // whatever the umask
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

/** Listens on a socket in the folder. Linux has a short name for it where the path has too many bytes. */
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

/** Gives the socket its path. A link, unlike a rename, replaces no file that another process has just made there. */
function publish(socket: string, path: string): void {
    try {
        linkSync(socket, path);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST" || stat(path)) throw inUse(path);
        renameSync(socket, path); // some file systems have no links
    }
}

/** Node's server knows only the path at which it was bound. */
function showAddress(server: net.Server, path: string): void {
    server.address = () => path;
    server.once("close", () => Reflect.deleteProperty(server, "address"));
}

function inUse(path: string): NodeJS.ErrnoException {
    return systemError("EADDRINUSE", "listen", { address: path });
}
