import type { InvalidMessage, Message } from "../protocol/Message";
import type { SockhopResponsePacket } from "../protocol/SockhopRequest";
import type { SockhopError } from "../SockhopError";

/** One encoded message. `encode…()` returns it with its terminator; `read()` returns it without. */
export type Frame = string;

/** State of one stream of incoming bytes. */
export interface ReadState {
    /** Number of frames that have ended. */
    framesReceived: number;
    /** Beginning of a frame that has not ended. */
    partialFrame: { readonly length: number } | undefined;
    /** True if frames after an unreadable one are not returned. */
    readonly hasFailed?: boolean;
    /**
     * Called for a frame that cannot be returned. The error is `ERR_MESSAGE_TOO_LARGE`, or
     * `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` if the frame exceeds the maximum length of a string.
     */
    onUnreadable(error: SockhopError): void;
}

/** Kind of a control message. */
export type ControlKind = "ping" | "pong" | "cancel";

/**
 * Converts messages to frames and back. All connections of an endpoint share one codec; each connection has its own
 * {@link ReadState}.
 *
 * The encode methods throw a {@link SockhopError}: `ERR_BAD_DATA` for a value that the codec cannot express, and
 * `ERR_MESSAGE_TOO_LARGE`.
 */
export interface Codec {
    readonly name: string;
    /** False if values are sent without an envelope. Then there are no calls, replies and requests. */
    readonly enveloped: boolean;
    /** True if any text is a value, so that no frame is invalid. */
    readonly acceptsText: boolean;
    /** Type of the last value that was encoded in an envelope, for error messages. */
    readonly latestType: string;

    /**
     * Encodes a value without an envelope. Also throws `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is not an object.
     */
    encodeValue(value: unknown): Frame;
    /** @param type - type of the message, instead of the class name of the value */
    encodeMessage(value: unknown, type?: string): Frame;
    /** @param type - see {@link encodeMessage} */
    encodeCall(value: unknown, id: string, type?: string): Frame;
    /** @param hasUuid - see {@link Message.hasUuid} */
    encodeReply(value: unknown, id: unknown, hasUuid: boolean): Frame;
    /** @param type - see {@link encodeMessage} */
    encodeRequest(value: unknown, uuid: string, type?: string): Frame;
    /** @param hasUuid - see {@link Message.hasUuid} */
    encodeResponse(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): Frame;
    encodeControl(kind: ControlKind, data: unknown): Frame;

    /**
     * Splits bytes into frames, without their terminators.
     *
     * @param chunk - bytes, split at any position; bytes of a partial frame are copied
     * @param length - number of valid bytes in `chunk`
     * @returns frames that the chunk completes, in order
     */
    read(chunk: Buffer, state: ReadState, length?: number): Frame[];

    /**
     * Ends a stream. Returns the last frame if it is complete without a terminator.
     *
     * @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` for an incomplete frame
     */
    readEnd(state: ReadState): Frame | undefined;

    /** True for a blank frame between two messages, which is skipped without an error. */
    isBlank(frame: Frame): boolean;

    /** Decodes a message. Never throws. */
    decode(frame: Frame): Message | InvalidMessage;

    /** @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` */
    decodeValue(frame: Frame): unknown;

    /** Returns type and size of an encoded message, for diagnostics. */
    describe(frame: Frame): { type: unknown; bytes: number };
}
