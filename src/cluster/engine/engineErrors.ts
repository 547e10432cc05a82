import { codeOf, messageOf, printable } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";

/** Maximum number of characters of the message of an engine. */
const MAX_MESSAGE = 300;

/** URLs, and names and passwords before a host: an engine may put them into its messages. */
const SECRETS = /\b[a-z][a-z0-9+.-]{0,30}:\/\/\S*|\S{0,100}:\S{0,100}@\S*/gi;

/**
 * Error of the part of the cluster that an engine has failed to do.
 *
 * @param what - what has failed, for people
 * @param thrown - whatever the engine has thrown; its message is copied without URLs
 */
export function degradedError(what: string, thrown?: unknown): SockhopError {
    if (thrown === undefined) return new SockhopError(what, "ERR_CLUSTER_DEGRADED");
    const cause = withoutSecrets(thrown);
    return new SockhopError(`${what}: ${cause.message}`, "ERR_CLUSTER_DEGRADED", { cause });
}

/** Error of what is sent while there is no connection to the engine. */
export function noLinkError(): SockhopError {
    return degradedError("The cluster is not connected");
}

/** Copies message and code of an error. Its other members, such as its own cause, may have a URL. */
function withoutSecrets(thrown: unknown): Error {
    const message = messageOf(thrown).slice(0, MAX_MESSAGE).replace(SECRETS, "(URL)");
    const code = codeOf(thrown);
    const copy = new Error(printable(message));
    copy.stack = `Error: ${copy.message}`; // the stack would show the library only
    return code === undefined ? copy : Object.assign(copy, { code: printable(code).slice(0, 100) });
}
