import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ClientOptions, ServerOptions } from "../../index";
import { UsageError } from "../errors";
import type { Endpoint } from "./endpoint";

/** Options of the group "Connection". */
export interface ConnectionFlags {
    name?: string;
    json?: true;
    terminator?: string;
    codec?: "json" | "binary";
    codecRequired?: true;
    resume?: true;
    tls?: true;
    ca?: string;
    cert?: string;
    key?: string;
    insecure?: true;
}

/**
 * Adds the options of a connection to a command.
 *
 * @param json - false if a peer without sockhop cannot take part. Then `--json` is not in the help; {@link rejectJson} explains.
 * @param tls - detail for the help of `--tls`
 * @param codec - false if the command has no connection of its own, and reads any codec
 * @param resume - false if the command does not outlive its socket
 */
export function addConnectionOptions(
    command: Command,
    { json = true, name = true, tls = "", codec = true, resume = true } = {},
): Command {
    command.optionsGroup("Connection:");
    if (name) command.option("--name <name>", "use the socket with this name instead of an endpoint");
    if (codec) {
        const codecs = new Option(
            "--codec <name>",
            "format of messages: binary if the peer has it too, otherwise json",
        );
        command
            .addOption(codecs.choices(["json", "binary"]))
            .option("--codec-required", "close the connection if the peer does not have the codec");
    }
    if (resume) command.option("--resume", "survive the loss of the socket, if the peer has --resume too");
    command
        .option("--terminator <text>", "characters that end a message, such as '\\r\\n' or '\\0'", parseTerminator)
        .option("--tls", `use TLS${tls && ` ${tls}`}; implied by the next four options`)
        .option("--ca <file>", "certificates (PEM) of trusted authorities")
        .option("--cert <file>", "own certificate (PEM)")
        .option("--key <file>", "private key (PEM) of the own certificate")
        .option("--insecure", "accept any certificate");
    const plainJson = new Option("--json", "exchange plain lines of JSON with a peer that does not use sockhop");
    command.addOption(plainJson.hideHelp(!json));
    return command.optionsGroup("Options:");
}

/** @throws {@link UsageError} if `--json` is given, with the reason why the command has no such option */
export function rejectJson({ json }: ConnectionFlags, reason: string): void {
    if (json) throw new UsageError(`a --json peer ${reason}`);
}

/** @throws InvalidArgumentError for an empty terminator, which would match everywhere */
function parseTerminator(text: string): string {
    if (text === "") throw new InvalidArgumentError("Give at least one character.");
    return unescape(text);
}

/** Replaces `\n`, `\r`, `\t`, `\0`, `\\` and `\xNN` by their characters. */
function unescape(text: string): string {
    const letters: Record<string, string> = { n: "\n", r: "\r", t: "\t", "0": "\0", "\\": "\\" };
    return text.replace(/\\(?:x([\da-f]{2})|([nrt0\\]))/gi, (_, code: string | undefined, letter: string) =>
        code === undefined ? (letters[letter.toLowerCase()] ?? "") : String.fromCharCode(parseInt(code, 16)),
    );
}

/** Converts the options of a command to options of a client. */
export function clientOptions(endpoint: Endpoint, flags: ConnectionFlags): ClientOptions {
    if (endpoint.port === 0) throw new UsageError("port 0 is only valid for listening");
    if ((flags.cert === undefined) !== (flags.key === undefined))
        throw new UsageError("--cert and --key must be used together");
    const ssl_options = { ...readCertificates(flags), rejectUnauthorized: flags.insecure !== true };
    return { ...endpoint, ...commonOptions(flags), ...(usesTls(flags) && { ssl_options }) };
}

/** Converts the options of a command to options of a server. With `--ca`, clients need a certificate. */
export function serverOptions(endpoint: Endpoint, flags: ConnectionFlags): ServerOptions {
    const plain = { ...endpoint, ...commonOptions(flags) };
    if (!usesTls(flags)) return plain;
    if (flags.cert === undefined || flags.key === undefined)
        throw new UsageError("a TLS server needs --cert and --key");
    const { ca, ...identity } = readCertificates(flags);
    const clientCertificates = { ca, requestCert: true, rejectUnauthorized: flags.insecure !== true };
    return { ...plain, ssl_options: { ...identity, ...(ca !== undefined && clientCertificates) } };
}

function commonOptions({
    json,
    terminator,
    codec,
    codecRequired,
    resume,
}: ConnectionFlags): ClientOptions & ServerOptions {
    if (json && codec === "binary") throw new UsageError("a --json peer has no --codec: give one of the two");
    if (codecRequired && codec !== "binary") throw new UsageError("--codec-required needs --codec binary");
    if (json && resume) throw new UsageError("a --json peer has no --resume: give one of the two");
    return {
        ...(json && { peer_type: "json", allow_non_objects: true }),
        ...(codec !== undefined && { codec }),
        ...(codecRequired && { codec_required: true }),
        ...(resume && { resume }),
        ...(terminator !== undefined && { terminator }),
    };
}

/** True if the options ask for TLS. */
export function usesTls({ tls, ca, cert, key, insecure }: ConnectionFlags): boolean {
    return tls === true || insecure === true || [ca, cert, key].some((file) => file !== undefined);
}

function readCertificates({ ca, cert, key }: ConnectionFlags): { ca?: string; cert?: string; key?: string } {
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
