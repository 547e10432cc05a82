import { SockhopError } from "../index";
import { codeOf, memberOf, messageOf } from "../runtime/thrownValues";

/** Name and password in a URL. */
const USER_INFO = /\/\/[^\s/@]*@/g;

/** Shorter secrets are not replaced: they occur in other words. */
const MIN_SECRET_LENGTH = 4;

/** Errors of one engine. They contain neither URLs nor credentials, whatever the client library writes into its own. */
export class BrokerErrors {
    readonly #name: string;
    readonly #secrets: readonly string[];

    /**
     * @param name - of the engine
     * @param secrets - texts that no error may contain; other values are ignored
     */
    constructor(name: string, secrets: readonly unknown[]) {
        this.#name = name;
        this.#secrets = secrets
            .filter((secret): secret is string => typeof secret === "string" && secret.length >= MIN_SECRET_LENGTH)
            .sort((a, b) => b.length - a.length);
    }

    /**
     * Returns an error `ERR_CLUSTER_DEGRADED` for an error of the client library, or for a text. The original is not
     * its cause, because programs print causes with all members, and some have the URL in a member.
     */
    from(thrown: unknown): SockhopError {
        if (isOurs(thrown)) return thrown;
        const text = this.#clean(typeof thrown === "string" ? thrown : textOf(thrown));
        const code = codeOf(thrown);
        const cause = code === undefined ? undefined : Object.assign(new Error(text), { code });
        return new SockhopError(`${this.#name}: ${text}`, "ERR_CLUSTER_DEGRADED", cause && { cause });
    }

    #clean(text: string): string {
        let clean = text;
        for (const secret of this.#secrets) clean = clean.replaceAll(secret, "***");
        return clean.replaceAll(USER_INFO, "//");
    }
}

/** Message of an error. An error of Node about several addresses of one host has none of its own. */
function textOf(thrown: unknown): string {
    const errors = memberOf(thrown, "errors");
    const message = thrown === undefined ? "" : messageOf(thrown);
    if (message === "" && Array.isArray(errors)) return errors.map(messageOf).join("; ");
    return message || codeOf(thrown) || "the connection has ended";
}

/** True for an error of the library. `instanceof` can throw: the value may be a revoked Proxy. */
function isOurs(thrown: unknown): thrown is SockhopError {
    try {
        return thrown instanceof SockhopError;
    } catch {
        return false;
    }
}
