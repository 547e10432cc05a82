import type { Socket } from "node:net";
import type { Encoder, Frame } from "../codec/Encoder";
import type { PendingReply } from "../replies/PendingReply";
import { notConnectedError } from "../SockhopError";

/** Encodes the messages of a program. */
export type MessageEncoder = Pick<
    Encoder,
    "latestType" | "identify" | "encodeMessage" | "encodeCall" | "encodeRequest"
>;

/**
 * Sends frames: a connection, or a client, which may queue them.
 *
 * @internal
 */
export interface Sender {
    /** True if it sends over a connection, or tries to. Its loss is reported by `disconnect`, so a rejection may be ignored. */
    readonly isConnected: boolean;
    readonly socket: Socket | undefined;
    /** Encoder of the next frame, which {@link send} must get before another one is encoded. */
    readonly encoder: MessageEncoder;
    /**
     * Sends a frame.
     *
     * Resolves when the operating system has the bytes, or at once if `reply` does not wait for the write. When it
     * rejects, `reply` has failed with the same error.
     *
     * @param reply - reply that the frame expects
     */
    send(frame: Frame, reply?: PendingReply): Promise<undefined>;
}

/** Fails a message of a client without a connection. Settles as {@link Sender.send}. */
export function refuseToSend(reply?: PendingReply): Promise<never> {
    const message = "The client is not connected: await connect() first, or use the option queue";
    const error = notConnectedError(undefined, message);
    reply?.fail(error);
    return Promise.reject(error);
}
