import { types } from "node:util";

/** The command line makes no sense: exit code 2. */
export class UsageError extends Error {}

/** The work has failed, in words for the one who has typed the command. */
export class CommandError extends Error {
    constructor(
        message: string,
        readonly code: string | undefined,
        cause: unknown,
    ) {
        super(message, { cause });
    }
}

/** The command is to end before its work is done: Ctrl-C, SIGTERM, or nobody reads any more what it prints. */
export class Interruption extends Error {
    constructor(readonly exitCode: number) {
        super("interrupted");
    }
}

/** What errors of the system mean when somebody wants to connect or to listen; the place comes after it. */
const WORDS = new Map([
    ["ECONNREFUSED", "nobody listens at"],
    ["ENOENT", "there is no socket at"],
    ["ENOTFOUND", "there is no such host:"],
    ["EADDRINUSE", "somebody else listens at"],
    ["EADDRNOTAVAIL", "this machine does not have the address of"],
    ["EACCES", "this user may not use"],
    ["ENOTSOCK", "there is something else than a socket at"],
    ["ERR_CONNECT_TIMEOUT", "no answer in time from"],
]);

/** Codes of certificates that were signed by nobody whom we know. */
const UNTRUSTED =
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/;

/** What an error means for somebody who has named this place. */
export function explainError(error: unknown, where: string): unknown {
    const code = codeOf(error) ?? "";
    const words = WORDS.get(code);
    if (words !== undefined) return new CommandError(`${words} ${where}`, code, error);
    if (!UNTRUSTED.test(code)) return error;
    return new CommandError(`the certificate of ${where} is not trusted (see --ca and --insecure)`, code, error);
}

/** A member of something that was thrown, which may be anything; nothing if it cannot be read. */
export function memberOf(thrown: unknown, name: "code" | "message" | "stack"): unknown {
    try {
        return (thrown as Partial<Record<string, unknown>> | null | undefined)?.[name];
    } catch {
        return undefined;
    }
}

export function codeOf(error: unknown): string | undefined {
    const code = isError(error) ? memberOf(error, "code") : undefined;
    return typeof code === "string" && code !== "" ? code : undefined;
}

/** Also one of another realm. */
export function isError(thrown: unknown): boolean {
    return (
        types.isNativeError(thrown) || (typeof thrown === "object" && typeof memberOf(thrown, "message") === "string")
    );
}

/** 2 for what can only be mended in the command line, 1 for work that has failed. */
export function exitCodeOf(error: unknown): number {
    if (error instanceof Interruption) return error.exitCode;
    return error instanceof UsageError || codeOf(error) === "ERR_BAD_OPTION" ? 2 : 1;
}
