import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import type { ClientOptions, ServerOptions } from "../../index";
import { UsageError } from "../errors";
import { shorten } from "../terminal/escape";

/** Where to connect to, or to listen. */
export interface Endpoint {
    address?: string;
    port?: number;
    path?: string;
    name?: string;
}

/** The options that say how to connect, or to listen. */
export interface ConnectionFlags {
    name?: string;
    json?: true;
    terminator?: string;
    tls?: true;
    ca?: string;
    cert?: string;
    key?: string;
    insecure?: true;
}

const MAX_PORT = 65_535;

export const ENDPOINT = "PORT, HOST:PORT, a path with a slash in it, or name:NAME";

/** The options that all commands have which talk to somebody. */
export function withConnection(command: Command, { json = true, name = true, tls = "" } = {}): Command {
    command.optionsGroup("Connection:");
    if (name) command.option("--name <name>", "instead of the endpoint: a socket of this user, by its name");
    command
        .option("--terminator <text>", "what ends a message, such as '\\r\\n' or '\\0'", terminator)
        .option("--tls", `talk over TLS${tls && `, ${tls}`}; the next four imply it`)
        .option("--ca <file>", "certificates (PEM) that are trusted to sign that of the other end")
        .option("--cert <file>", "our certificate (PEM)")
        .option("--key <file>", "its private key (PEM)")
        .option("--insecure", "accept any certificate");
    if (json) command.option("--json", "the other end is no sockhop program: one JSON text per line, without types");
    return command.optionsGroup("Options:");
}

/** An empty one would end messages everywhere. */
function terminator(text: string): string {
    if (text === "") throw new InvalidArgumentError("Give at least one character.");
    return unescape(text);
}

/** The text that `\n`, `\r`, `\t`, `\0`, `\\` and `\xNN` stand for in an argument. */
function unescape(text: string): string {
    const letters: Record<string, string> = { n: "\n", r: "\r", t: "\t", "0": "\0", "\\": "\\" };
    return text.replace(/\\(?:x([\da-f]{2})|([nrt0\\]))/gi, (_, code: string | undefined, letter: string) =>
        code === undefined ? (letters[letter.toLowerCase()] ?? "") : String.fromCharCode(parseInt(code, 16)),
    );
}

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
export function endpointOf(text: string | undefined, { name }: ConnectionFlags): Endpoint {
    if (name === undefined) return text === undefined ? {} : parseEndpoint(text);
    if (text !== undefined) throw new UsageError(`--name ${name} and the endpoint ${text}: one of them is too many`);
    return named(name);
}

/** The endpoint, unless `--name` tells it, and the values after it. */
export function split(
    first: string | undefined,
    rest: readonly string[],
    { name }: ConnectionFlags,
): { endpoint: Endpoint; values: readonly string[] } {
    if (name !== undefined) return { endpoint: named(name), values: first === undefined ? rest : [first, ...rest] };
    if (first === undefined) throw new UsageError(`where to? Give ${ENDPOINT}`);
    return { endpoint: parseEndpoint(first), values: rest };
}

/** An endpoint as one would type it. */
export function nameOf({ address = "127.0.0.1", port = 50000, path, name }: Endpoint): string {
    if (path !== undefined) return path;
    if (name !== undefined) return `name:${name}`;
    return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** What client and server have in common. */
function shared({ json, terminator }: ConnectionFlags): Pick<ClientOptions, "peer_type" | "terminator"> {
    return {
        ...(json && { peer_type: "json", allow_non_objects: true }),
        ...(terminator !== undefined && { terminator }),
    };
}

/** Whether TLS is wanted. */
export function wantsTls({ tls, ca, cert, key, insecure }: ConnectionFlags): boolean {
    return tls === true || insecure === true || [ca, cert, key].some((file) => file !== undefined);
}

/** The files that the options name. */
export function certificates({ ca, cert, key }: ConnectionFlags): { ca?: string; cert?: string; key?: string } {
    return {
        ...(ca !== undefined && { ca: read(ca) }),
        ...(cert !== undefined && { cert: read(cert) }),
        ...(key !== undefined && { key: read(key) }),
    };
}

function read(file: string): string {
    try {
        return readFileSync(file, "utf8");
    } catch (error) {
        throw new UsageError(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
    }
}

export function clientOptions(endpoint: Endpoint, flags: ConnectionFlags): ClientOptions {
    if (endpoint.port === 0) throw new UsageError("port 0 is for those who listen");
    if ((flags.cert === undefined) !== (flags.key === undefined)) throw new UsageError("--cert and --key go together");
    const ssl_options = { ...certificates(flags), rejectUnauthorized: flags.insecure !== true };
    return { ...endpoint, ...shared(flags), ...(wantsTls(flags) && { ssl_options }) };
}

export function serverOptions(endpoint: Endpoint, flags: ConnectionFlags): ServerOptions {
    const plain = { ...endpoint, ...shared(flags) };
    if (!wantsTls(flags)) return plain;
    if (flags.cert === undefined || flags.key === undefined) throw new UsageError("TLS needs --cert and --key here");
    const { ca, ...identity } = certificates(flags);
    const asked = { ca, requestCert: true, rejectUnauthorized: flags.insecure !== true };
    return { ...plain, ssl_options: { ...identity, ...(ca !== undefined && asked) } };
}
