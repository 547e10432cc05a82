import { printable } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";
import type { ClusterMember } from "./Members";

/** Message for this server alone. */
export interface MemberMessage {
    readonly lines: readonly string[];
    /** Id of the server that has sent it. */
    readonly sender: string;
    /** `undefined` if no other message of this server was heard. */
    readonly member: ClusterMember | undefined;
}

/** @param what - why a request cannot be sent, or gets no response */
export function unknownMemberError(id: string, what: string): SockhopError {
    return new SockhopError(`The server ${printable(id.slice(0, 40)) || "of this id"} ${what}`, "ERR_NO_MEMBER");
}
