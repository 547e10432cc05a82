import type { SockhopError } from "../SockhopError";

/** What is called with the answer to a message. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the peer has answered
export type RemoteCallback<Answer = any> = (value: Answer, meta: { type: string }) => void;

/** Answers the message it came with. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol any answer will do
export type Reply<Answer = any> = (value?: Answer) => void;

/**
 * Members of a connection that a pending reply uses.
 *
 * @internal
 */
export interface ReplyHost {
    /** Frames that were read and not handled yet: the reply may be among them. */
    readonly pausedFrames: unknown;
    /** Bytes in transit. */
    readonly transfers: { wait(ended: (grace: number | undefined) => void): boolean };
    /** One reply fewer is outstanding. */
    endReply(): void;
}

/**
 * A message that expects a reply, from the call to the reply.
 *
 * @internal
 */
export interface PendingReply {
    /** True if the caller waits for the write, too, and not only for the reply. */
    readonly awaitsWrite: boolean;
    /** Called when it fails while it is queued. Set by the queue. */
    onQueueError: ((error: SockhopError) => void) | undefined;
    /** Adds it to the pending replies of this connection. */
    attach(connection: ReplyHost): void;
    /** Settles it with an error: the reply will not arrive. */
    fail(error: SockhopError): void;
}
