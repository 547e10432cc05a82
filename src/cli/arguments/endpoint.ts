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

/** @throws {@link UsageError} if the text is not an endpoint */
export function parseEndpoint(text: string): Endpoint {
    if (text.startsWith("name:")) return namedEndpoint(text.slice("name:".length));
    if (/^unix:./.test(text)) return { path: text.slice("unix:".length) };
    const address = text.replace(/^tcp:(\/\/)?/, "");
    if (address.includes("/") || address.startsWith("\\\\")) return { path: text };
    const { host, ip, port } =
        /^(?:(?:\[(?<ip>[\d.:a-f]+)\]|(?<host>[^:\s]+)):)?(?<port>\d+)$/i.exec(address)?.groups ?? {};
    if (port === undefined) throw new UsageError(`"${shorten(text, 100)}" is not an endpoint: give ${ENDPOINT}`);
    if (Number(port) > MAX_PORT)
        throw new UsageError(`port ${shorten(port, 20)} is out of range: the highest port is ${MAX_PORT}`);
    const hostname = ip ?? host;
    return { port: Number(port), ...(hostname !== undefined && { address: hostname }) };
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
