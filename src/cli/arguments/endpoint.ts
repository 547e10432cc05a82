import { isIP } from "node:net";
import { UsageError } from "../errors";
import { shorten } from "../terminal/format";

/** Address to connect to or to listen on, as options of the library. Empty for the defaults of the library. */
export interface Endpoint {
    address?: string;
    port?: number;
    path?: string;
    name?: string;
}

const MAX_PORT = 65_535;

/** Forms of an endpoint, for help and errors. */
export const ENDPOINT = "PORT, HOST:PORT, a path with a slash, or name:NAME";

/** A scheme before an endpoint: `tcp://`, `tcp:`, `unix:`, `name:`. Also matches the host of `HOST:PORT`. */
const SCHEME = /^(?<scheme>[a-z][a-z\d+.-]*):(?<slashes>\/\/)?/i;

/** A host, which may be an IPv6 address in brackets, and a port. Both may be missing. */
const HOST_AND_PORT = /^(?:\[(?<ip>[\d.:a-f]+)\]|(?<host>[^:\s/[\]]*))(?::(?<port>\d+))?$/i;

/** @throws {@link UsageError} if the text is not an endpoint */
export function parseEndpoint(text: string): Endpoint {
    const [prefix = "", scheme = "", slashes] = SCHEME.exec(text) ?? [];
    const rest = text.slice(prefix.length);
    switch (scheme.toLowerCase()) {
        case "name":
            return namedEndpoint(rest);
        case "unix":
            if (rest !== "") return { path: rest };
            break;
        case "tcp":
            return tcpEndpoint(rest.replace(/\/$/, ""), text, true);
        default:
            if (slashes)
                throw new UsageError(`"${shorten(text, 100)}" is no endpoint: give a URL of tcp, unix or name`);
    }
    if (text.includes("/") || text.startsWith("\\\\")) return { path: text };
    return /^\d+$/.test(text) ? tcpEndpoint(`:${text}`, text) : tcpEndpoint(text, text);
}

/**
 * @param text - host and port
 * @param shown - text for the error
 * @param isUrl - any host may stand without a port. Otherwise a word is more likely a value, with the endpoint forgotten.
 */
function tcpEndpoint(text: string, shown: string, isUrl = false): Endpoint {
    const { ip, host, port } = HOST_AND_PORT.exec(text)?.groups ?? {};
    const address = ip ?? host;
    if (port !== undefined && Number(port) > MAX_PORT)
        throw new UsageError(`${shorten(port, 20)} is not a port: ports end at ${MAX_PORT}`);
    if (port !== undefined) return { port: Number(port), ...(address && { address }) };
    const isHost = isUrl || ip !== undefined || address === "localhost" || isIP(address ?? "") !== 0;
    if (address && isHost) return { address }; // with the default port
    throw new UsageError(`"${shorten(shown, 100)}" is not an endpoint: give ${ENDPOINT}`);
}

/** Rejects an empty name: an unset shell variable must not lead to the default port. */
function namedEndpoint(name: string): Endpoint {
    if (name === "") throw new UsageError("the name is empty");
    return { name };
}

/** Returns the endpoint of an argument or of `--name`. Without both, an empty one. */
export function endpointFrom(text: string | undefined, { name }: { name?: string }): Endpoint {
    if (name === undefined) return text === undefined ? {} : parseEndpoint(text);
    if (text !== undefined) throw new UsageError(`give either --name ${name} or the endpoint ${text}, not both`);
    return namedEndpoint(name);
}

/** Splits arguments into endpoint and values. With `--name`, all arguments are values. */
export function splitArguments(
    first: string | undefined,
    others: readonly string[],
    { name }: { name?: string },
): { endpoint: Endpoint; values: readonly string[] } {
    if (name !== undefined) {
        return { endpoint: namedEndpoint(name), values: first === undefined ? others : [first, ...others] };
    }
    if (first === undefined) throw new UsageError(`missing endpoint: give ${ENDPOINT}`);
    return { endpoint: parseEndpoint(first), values: others };
}

/** Formats an endpoint in the form that {@link parseEndpoint} reads. */
export function formatEndpoint({ address = "127.0.0.1", port = 50000, path, name }: Endpoint): string {
    if (path !== undefined) return path;
    if (name !== undefined) return `name:${name}`;
    return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
