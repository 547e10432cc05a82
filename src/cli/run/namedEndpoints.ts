import { readdirSync } from "node:fs";
import path from "node:path";
import { path_of, SockhopClient } from "../../index";
import { isInspectorName } from "../../inspect/http/events";
import { errorCode } from "../errors";

/** A name of this user, and the state of its program. */
export interface NamedEndpoint {
    name: string;
    /** `stale`: the program was killed. `unknown`: its socket neither accepts nor refuses a connection. */
    state: "alive" | "stale" | "unknown";
    path: string;
}

/** Time limit for one connection, in milliseconds. */
const CONNECT_TIMEOUT = 1000;

/**
 * Lists the names of this user, and connects to each. Removes no file. Leaves out the sockets of inspectors.
 *
 * @throws an error if another user can write to the folder of the names
 */
export async function namedEndpoints(): Promise<NamedEndpoint[]> {
    const found = await Promise.all(
        names().map(async (name) => ({ name, state: await stateOf(name), path: path_of(name) })),
    );
    return found.filter((endpoint): endpoint is NamedEndpoint => endpoint.state !== "closed");
}

/** Names that have a socket. */
function names(): string[] {
    // The path of a name shows where all are, and what stands before and after each: a user name on Windows, or ".sock".
    const { dir, base } = path.parse(path_of("x"));
    const start = base.lastIndexOf("x");
    const [prefix, suffix] = [base.slice(0, start), base.slice(start + 1)];
    return files(dir)
        .filter((file) => file.startsWith(prefix) && file.endsWith(suffix))
        .map((file) => file.slice(prefix.length, file.length - suffix.length))
        .filter((name) => isName(name) && !isInspectorName(name)) // an inspector does not speak our protocol
        .sort();
}

function files(folder: string): string[] {
    try {
        return readdirSync(folder);
    } catch (error) {
        if (errorCode(error) === "ENOENT") return []; // no program has had a name yet
        throw error;
    }
}

function isName(text: string): boolean {
    try {
        return path_of(text) !== "";
    } catch {
        return false; // the file belongs to another program
    }
}

/** State of the program with a name, `closed` if it has ended since its socket was found. */
async function stateOf(name: string): Promise<NamedEndpoint["state"] | "closed"> {
    const client = new SockhopClient({ name, connect_timeout: CONNECT_TIMEOUT });
    client.on("error", () => undefined); // what the program sends is of no interest
    try {
        await client.connect();
        return "alive";
    } catch (error) {
        const code = errorCode(error);
        if (code === "ERR_BAD_OPTION") throw error;
        return code === "ECONNREFUSED" ? "stale" : code === "ENOENT" ? "closed" : "unknown";
    } finally {
        await client.disconnect({ timeout: 0 });
    }
}
