import type { SockhopError } from "../SockhopError";

export type { RemoteCallback } from "../Protocol";

/** Replies to the call that it was received with. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol the reply has any type
export type Reply<Answer = any> = (value?: Answer) => void;

/**
 * Members of a connection that a pending reply uses.
 *
 * @internal
 */
export interface ReplyHost {
    /** Frames that were read and are not handled yet. The reply may be among them. */
    readonly pausedFrames: unknown;
    /** True if frames may have arrived that are not handled, because of a pause. */
    readonly isBehind: boolean;
    /** True while the connection has lost its socket, and waits for another one. */
    readonly isInterrupted: boolean;
    /** Address of the peer, for messages. */
    readonly peer: string;
    /** Value that `bytesSent` has when everything before the next frame is sent. */
    readonly bytesBefore: number;
    /** Watches the bytes in transit. */
    readonly transfers: { wait(ended: (grace: number | undefined) => void, bytesBefore: number): boolean };
    /** Reports that a reply is no longer pending. */
    endReply(): void;
}

/**
 * Reply that has not arrived.
 *
 * @internal
 */
export interface PendingReply {
    /** True if the caller waits for the write as well as for the reply. */
    readonly awaitsWrite: boolean;
    /** Called if the reply fails while its call is queued. Set by the queue. */
    onQueueError: ((error: SockhopError) => void) | undefined;
    /** Adds this to the pending replies of a connection. */
    attach(connection: ReplyHost): void;
    /** Settles this with an error: the reply will not arrive. */
    fail(error: SockhopError): void;
}
