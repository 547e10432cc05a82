import { SockhopError } from "../SockhopError";
import { path_of } from "./namedSocket";

/** Where to connect to, or to listen. */
export interface Address {
    path: string | null;
    address: string;
    port: number;
}

/** Options that name an {@link Address}. */
interface AddressOptions {
    path?: string | null | undefined;
    name?: string | null | undefined;
    address?: string | null | undefined;
    port?: number | null | undefined;
}

/**
 * The place that the options name. As in 1.x anything falsy means the default, except a port that is `NaN` or `""`. The
 * path takes precedence.
 *
 * @param anyPort - whether 0 stands for a free port
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function addressOptions({ path, name, address, port }: AddressOptions, anyPort: boolean): Address {
    const result = {
        path: path || (name ? path_of(name) : null),
        address: address || "127.0.0.1",
        port: isDefaultPort(port, anyPort) ? 50000 : (port as number),
    };
    checked(result);
    return result;
}

function isDefaultPort(port: unknown, anyPort: boolean): boolean {
    return port === undefined || port === null || port === false || (port === 0 && !anyPort);
}

/**
 * The place that a program has set, with a port that is a number. Node takes strings of digits, too, and 1.x with it.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for what is no path, address or port
 */
export function checked({ path, address, port }: Address): Address {
    if (path) {
        // The name of an abstract socket of Linux begins with a zero.
        if (typeof path !== "string" || path.includes("\0", path.startsWith("\0") ? path.length : 0)) {
            throw new SockhopError("path must be a path", "ERR_BAD_OPTION");
        }
        return { path, address, port };
    }
    if (address && typeof address !== "string") {
        throw new SockhopError("address must be an IP address or a host name", "ERR_BAD_OPTION");
    }
    return { path: null, address, port: portNumber(port) };
}

function portNumber(port: unknown): number {
    const number = typeof port === "string" && port.trim() !== "" ? Number(port) : port;
    if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number < 65536) return number;
    throw new SockhopError("port must be a whole number from 0 to 65535", "ERR_BAD_OPTION");
}
