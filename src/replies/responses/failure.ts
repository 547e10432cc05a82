import type { RemoteFailure } from "../../protocol/SockhopRequest";
import { detach } from "../../runtime/detach";
import { codeOf, memberOf, messageOf, printable } from "../../runtime/thrownValues";
import { type RemoteError, SockhopError, type SockhopErrorCode } from "../../SockhopError";

/** Maximum length of the code of a remote error, in characters. */
const MAX_CODE = 256;

/** Number of handled types, and of characters of a type, in the error of a request that has no handler. */
const MAX_TYPES = 10;
const MAX_TYPE_LENGTH = 64;

/**
 * Failure to send for a request whose type has no handler.
 *
 * @param receives - true if the program listens for messages
 */
export function unhandledFailure(type: string, handledTypes: string[], receives = false): RemoteFailure {
    const shown = handledTypes.slice(0, MAX_TYPES).map(shortType);
    if (handledTypes.length > MAX_TYPES) shown.push("…");
    const hint = receives ? ` (listeners of "receive" get messages of send() only)` : "";
    const handled = shown.length > 0 ? ` (handled: ${shown.join(", ")})` : hint;
    const message = `No handler for requests of the type ${shortType(type)}${handled}`;
    return { code: "ERR_REQUEST_UNHANDLED", message };
}

/** Type that a peer has chosen, as text for people. */
export function shortType(type: string): string {
    return printable(type.slice(0, MAX_TYPE_LENGTH));
}

/** Failure to send for a thrown value. It has the code and the data of the error. */
export function toFailure(thrown: unknown): RemoteFailure {
    const failure: RemoteFailure = { code: "ERR_REQUEST_FAILED", message: messageOf(thrown) };
    const code = codeFrom(memberOf(thrown, "code"));
    const data = memberOf(thrown, "data");
    if (code !== undefined || data !== undefined) {
        failure.remote = { ...(code !== undefined && { code }), ...(data !== undefined && { data }) };
    }
    return failure;
}

/** The same failure without data, which its codec cannot express; `undefined` if it has none. */
export function withoutData({ code, message, remote }: RemoteFailure): RemoteFailure | undefined {
    if (remote?.data === undefined) return undefined;
    return remote.code === undefined ? { code, message } : { code, message, remote: { code: remote.code } };
}

/** Error of a request that failed at the peer. The peer may send any value as the reason. */
export function failureOf(reason: unknown): SockhopError {
    const code: SockhopErrorCode =
        codeOf(reason) === "ERR_REQUEST_UNHANDLED" ? "ERR_REQUEST_UNHANDLED" : "ERR_REQUEST_FAILED";
    const message = messageOf(reason);
    const sent = memberOf(reason, "remote");
    const remote: RemoteError = { message };
    const remoteCode = codeFrom(memberOf(sent, "code"));
    const data = memberOf(sent, "data");
    if (remoteCode !== undefined) remote.code = remoteCode;
    if (data !== undefined) remote.data = data;
    return Object.assign(new SockhopError(message, code), code === "ERR_REQUEST_FAILED" && { remote });
}

function codeFrom(code: unknown): string | number | undefined {
    if (typeof code === "string") return detach(code.slice(0, MAX_CODE)); // a slice would keep the whole text in memory
    return Number.isFinite(code) ? (code as number) : undefined;
}
