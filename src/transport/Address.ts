import { SockhopError } from "../SockhopError";
import { path_of } from "./namedSocket";

const DEFAULT_PORT = 50_000;

/** Address to connect to, or to listen at: a path, or an IP address or host name with a port. */
export interface Address {
    path: string | null;
    address: string;
    port: number;
}

/** Options that determine an {@link Address}. */
interface AddressOptions {
    path?: string | null | undefined;
    name?: string | null | undefined;
    address?: string | null | undefined;
    port?: number | null | undefined;
}

/**
 * Validates the address options, and applies defaults. As in 1.x any falsy value means the default, except a port that
 * is `NaN` or `""`, and a name, which 1.x does not have.
 *
 * @param allowsPortZero - true if port 0 means a free port, false if it means the default
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function addressOptions({ path, name, address, port }: AddressOptions, allowsPortZero: boolean): Address {
    const result = {
        path: path || (name === undefined || name === null ? null : path_of(name)),
        address: address || "127.0.0.1",
        port: isDefaultPort(port, allowsPortZero) ? DEFAULT_PORT : (port as number),
    };
    checkAddress(result);
    return result;
}

function isDefaultPort(port: unknown, allowsPortZero: boolean): boolean {
    return port === undefined || port === null || port === false || (port === 0 && !allowsPortZero);
}

/**
 * Validates an address that the program may have assigned, and converts the port to a number. (Node, and so 1.x,
 * accepts strings of digits, too.)
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for an invalid path, address or port
 */
export function checkAddress({ path, address, port }: Address): Address {
    if (path) {
        // The name of a Linux abstract socket starts with a zero byte.
        if (typeof path !== "string" || path.includes("\0", path.startsWith("\0") ? path.length : 0)) {
            throw new SockhopError("path must be a string without zero bytes", "ERR_BAD_OPTION");
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
    throw new SockhopError("port must be an integer from 0 to 65535", "ERR_BAD_OPTION");
}
