import process from "node:process";
import { SockhopError } from "../SockhopError";
import { isMissing } from "../validators";

/** Systems on which Node shares a port. (Others have another meaning of SO_REUSEPORT, or none.) */
const SYSTEMS: ReadonlySet<string> = new Set(["aix", "freebsd", "linux", "sunos"]);

/** Runtime, for tests. */
interface Runtime {
    readonly platform: string;
    readonly versions: { readonly node: string };
}

/**
 * Validates the option `reuse_port`.
 *
 * @param hasPath - true if the server has a path or a name instead of a port
 * @throws {@link SockhopError} `ERR_BAD_OPTION`, also where Node cannot share a port: it would fail later, or not at all
 */
export function reusePort(value: unknown, hasPath: boolean, { platform, versions }: Runtime = process): boolean {
    if (isMissing(value) || value === false) return false;
    if (value !== true) throw new SockhopError("reuse_port must be true or false", "ERR_BAD_OPTION");
    if (hasPath) throw noPortError();
    if (!SYSTEMS.has(platform)) {
        throw new SockhopError(`reuse_port needs Linux, and this is ${platform}: use node:cluster`, "ERR_BAD_OPTION");
    }
    if (canReuse(versions.node)) return true;
    const message = `reuse_port needs Node.js 22.12 or newer (23.1 of version 23), and this is ${versions.node}`;
    throw new SockhopError(message, "ERR_BAD_OPTION");
}

/** True if this version of Node has the option `reusePort`, which others ignore. */
function canReuse(version: string): boolean {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major === 22) return minor >= 12;
    if (major === 23) return minor >= 1;
    return major > 23;
}

/** Error of a server with `reuse_port` and a path. */
export function noPortError(): SockhopError {
    return new SockhopError("reuse_port is for a port, and not for a path or a name", "ERR_BAD_OPTION");
}
