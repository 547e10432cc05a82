import process from "node:process";
import type { ConnectionFlags } from "./connectionOptions";
import { type Endpoint, formatEndpoint } from "./endpoint";

/** Addresses that a client on the same machine reaches without naming them. */
const LOCAL = /^(127\.0\.0\.1|0\.0\.0\.0|localhost|::)$/;

/** Options that both ends need. */
type SharedFlags = Pick<
    ConnectionFlags,
    "json" | "codec" | "codecRequired" | "resume" | "terminator" | "tls" | "ca" | "cert" | "key" | "insecure"
>;

/**
 * Writes the command that connects to a server of `sockhop listen`.
 *
 * @param env - environment of this process, in which `npx` sets `npm_command`
 */
export function connectLine(endpoint: Endpoint, flags: SharedFlags, env: NodeJS.ProcessEnv = process.env): string {
    const { address, port, path, name } = endpoint;
    const isLocal = path === undefined && name === undefined && (address === undefined || LOCAL.test(address));
    const words = [
        `${env["npm_command"] === "exec" ? "npx " : ""}sockhop connect`,
        isLocal ? String(port) : quoted(formatEndpoint(endpoint)),
    ];
    if (flags.json) words.push("--json");
    if (flags.codec === "binary") words.push("--codec binary");
    if (flags.resume) words.push("--resume");
    if (flags.terminator !== undefined) words.push(`--terminator ${quoted(escaped(flags.terminator))}`);
    // A server with TLS has a certificate, whose authority only the user knows.
    if (flags.cert !== undefined) words.push(flags.ca === undefined ? "--tls" : "--tls --cert FILE --key FILE");
    return words.join(" ");
}

/** Writes a terminator as the option `--terminator` reads it. */
function escaped(terminator: string): string {
    return terminator.replace(/\\|\p{Cc}|[\x80-\xff]/gu, (character) =>
        character === "\\" ? "\\\\" : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
}

/** Quotes a word for a shell, if it needs that. */
function quoted(word: string): string {
    return /^[\w./:[\]@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
