import { SockhopError } from "../../SockhopError";
import { HEAD_BYTES } from "./ClusterMessage";
import type { ClusterLink } from "../engine/ClusterLink";
import type { ClusterSettings } from "../ClusterOptions";

/**
 * Error of a value that exceeds a limit of the engine or of the cluster.
 *
 * @param unpublished - bytes of this tick
 * @param bytes - see {@link bytesOf}
 * @param what - what has failed, for people
 */
export function limitError(
    { limit, buffered, pending }: ClusterLink,
    { maxBuffered, maxPending }: ClusterSettings,
    unpublished: number,
    bytes: number,
    what: string,
): SockhopError | undefined {
    const size = HEAD_BYTES + bytes;
    if (size > limit) {
        const reason = `its ${size} bytes are more than a message of the engine can have (${limit} bytes)`;
        return new SockhopError(`${what}: ${reason}`, "ERR_MESSAGE_TOO_LARGE");
    }
    if (buffered + unpublished + size > maxBuffered) {
        const reason = `the engine has not taken ${buffered} bytes yet (max_buffered of cluster)`;
        return new SockhopError(`${what}: ${reason}`, "ERR_BUFFER_FULL");
    }
    if (pending < maxPending) return undefined;
    const reason = `the engine has not taken ${pending} messages yet (max_pending of cluster)`;
    return new SockhopError(`${what}: ${reason}`, "ERR_MAX_PENDING");
}
