import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import type { ClientOptions, ServerOptions } from "../../index";
import { UsageError } from "../errors";
import type { Endpoint } from "./endpoint";

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

/** The options that all commands have which talk to somebody. */
export function addConnectionOptions(command: Command, { json = true, name = true, tls = "" } = {}): Command {
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
