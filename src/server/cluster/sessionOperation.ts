import { memberOf } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";

/** Operation on a session that another server requests. */
export interface SessionOperation {
    readonly kind: "send" | "ask" | "kill";
    /** Id of the session. */
    readonly id: string;
    /** Encoded value; empty for `"kill"`. */
    readonly line: string;
    readonly timeout: number | undefined;
    readonly drain: boolean;
}

/**
 * Reads an operation that another server has sent. It can be any value.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA`
 */
export function readOperation(data: unknown): SessionOperation {
    const kind = memberOf(data, "do");
    const id = memberOf(data, "id");
    const line = memberOf(data, "value");
    const timeout = memberOf(data, "timeout");
    const isValue = typeof line === "string" || kind === "kill";
    if ((kind !== "send" && kind !== "ask" && kind !== "kill") || typeof id !== "string" || !isValue) {
        throw new SockhopError("The operation is not known", "ERR_BAD_DATA");
    }
    return {
        kind,
        id,
        line: typeof line === "string" ? line : "",
        timeout: typeof timeout === "number" && timeout >= 0 ? timeout : undefined,
        drain: memberOf(data, "drain") === true,
    };
}
