import { codeOf, messageOf } from "../runtime/thrownValues";
import { SockhopError, type SockhopErrorCode } from "../SockhopError";

/** Error of a request that failed at the peer. The peer may send any value as the reason. */
export function failureOf(reason: unknown): SockhopError {
    const code: SockhopErrorCode =
        codeOf(reason) === "ERR_REQUEST_UNHANDLED" ? "ERR_REQUEST_UNHANDLED" : "ERR_REQUEST_FAILED";
    return new SockhopError(messageOf(reason), code);
}
