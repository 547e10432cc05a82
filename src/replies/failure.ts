import { SockhopError, type SockhopErrorCode } from "../SockhopError";
import { codeOf, messageOf } from "../runtime/thrownValues";

/** Error of a request that has failed at the peer, which may send anything as the reason. */
export function failureOf(reason: unknown): SockhopError {
    const code: SockhopErrorCode =
        codeOf(reason) === "ERR_REQUEST_UNHANDLED" ? "ERR_REQUEST_UNHANDLED" : "ERR_REQUEST_FAILED";
    return new SockhopError(messageOf(reason), code);
}
