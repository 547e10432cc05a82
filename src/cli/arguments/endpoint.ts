import { UsageError } from "../errors";
import { shorten } from "../terminal/format";

/** Where to connect to, or to listen. */
export interface Endpoint {
    address?: string;
    port?: number;
    path?: string;
    name?: string;
}

const MAX_PORT = 65_535;

export const ENDPOINT = "PORT, HOST:PORT, a path with a slash in it, or name:NAME";

/** @throws {@link UsageError} for what names no place */
export function parseEndpoint(text: string): Endpoint {
    if (text.startsWith("name:")) return named(text.slice("name:".length));
    if (/^unix:./.test(text)) return { path: text.slice("unix:".length) };
    const place = text.replace(/^tcp:(\/\/)?/, "");
    if (place.includes("/") || place.startsWith("\\\\")) return { path: text };
    const { host, ip, port } =
        /^(?:(?:\[(?<ip>[\d.:a-f]+)\]|(?<host>[^:\s]+)):)?(?<port>\d+)$/i.exec(place)?.groups ?? {};
    if (port === undefined) throw new UsageError(`"${shorten(text, 100)}" is no endpoint: give ${ENDPOINT}`);
    if (Number(port) > MAX_PORT)
        throw new UsageError(`there is no port ${shorten(port, 20)}: ports end at ${MAX_PORT}`);
    const address = ip ?? host;
    return { port: Number(port), ...(address !== undefined && { address }) };
}

/** A name, as of a variable of the shell that may not be set: then it must not be a port instead. */
function named(name: string): Endpoint {
    if (name === "") throw new UsageError("the name is empty");
    return { name };
}

/** The place that an argument or the option `--name` names; without either that of the library's defaults. */
export function endpointFrom(text: string | undefined, { name }: { name?: string }): Endpoint {
    if (name === undefined) return text === undefined ? {} : parseEndpoint(text);
    if (text !== undefined) throw new UsageError(`--name ${name} and the endpoint ${text}: one of them is too many`);
    return named(name);
}

/** The endpoint, unless `--name` tells it, and the values after it. */
export function splitArguments(
    first: string | undefined,
    rest: readonly string[],
    { name }: { name?: string },
): { endpoint: Endpoint; values: readonly string[] } {
    if (name !== undefined) return { endpoint: named(name), values: first === undefined ? rest : [first, ...rest] };
    if (first === undefined) throw new UsageError(`where to? Give ${ENDPOINT}`);
    return { endpoint: parseEndpoint(first), values: rest };
}

/** An endpoint as one would type it. */
export function formatEndpoint({ address = "127.0.0.1", port = 50000, path, name }: Endpoint): string {
    if (path !== undefined) return path;
    if (name !== undefined) return `name:${name}`;
    return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
