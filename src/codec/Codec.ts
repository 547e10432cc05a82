import type { SockhopResponsePacket } from "../protocol/SockhopRequest";
import type { Message } from "../protocol/Message";
import type { SockhopError } from "../SockhopError";

/** One encoded message, with the terminator that ends it. */
export type Frame = string;

/** State of one stream of incoming bytes. */
export interface ReadState {
    /** Number of frames that have ended. */
    framesReceived: number;
    /** Beginning of a frame that has not ended. */
    partialFrame: { readonly length: number } | undefined;
    /** True after `onUnreadable()` if no later frame is wanted. */
    readonly hasFailed?: boolean;
    /**
     * A frame cannot be returned: `ERR_MESSAGE_TOO_LARGE`, or `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` for one that is longer than a
     * string can be.
     */
    onUnreadable(error: SockhopError): void;
}

/** Kind of a message that the library sends for itself. */
export type ControlKind = "ping" | "pong" | "cancel";

/**
 * Converts messages to frames and back. One codec serves all connections of an endpoint; the state of a connection is its
 * {@link ReadState}.
 *
 * The encode methods throw a {@link SockhopError}: `ERR_BAD_DATA` for what the codec cannot express, `ERR_MESSAGE_TOO_LARGE`.
 */
export interface Codec {
    readonly name: string;
    /** False if values travel without an envelope, so that there are no calls, replies and requests. */
    readonly enveloped: boolean;

    /** Encodes a value without an envelope. Throws `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is not an object, too. */
    encodeValue(value: unknown): Frame;
    encodeMessage(value: unknown): Frame;
    encodeCall(value: unknown, id: string): Frame;
    /** @param hasUuid - see {@link Message.hasUuid} */
    encodeReply(value: unknown, id: unknown, hasUuid: boolean): Frame;
    encodeRequest(value: unknown, uuid: string): Frame;
    /** @param hasUuid - see {@link Message.hasUuid} */
    encodeResponse(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): Frame;
    encodeControl(kind: ControlKind, data: unknown): Frame;

    /**
     * Cuts bytes into frames, without their terminators.
     *
     * @param chunk - bytes cut at any place; copied where they have to be kept
     * @param length - number of valid bytes in `chunk`
     * @returns frames that the chunk completes, in order
     */
    read(chunk: Buffer, state: ReadState, length?: number): Frame[];

    /**
     * Frame without a terminator at the end of a stream, if the stream may end so.
     *
     * @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` for an unfinished frame
     */
    readEnd(state: ReadState): Frame | undefined;

    /** True for an empty frame between two messages, which is skipped without an error. */
    isBlank(frame: Frame): boolean;

    /** @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` */
    decode(frame: Frame): Message;

    /** @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` */
    decodeValue(frame: Frame): unknown;

    /** Type and size of a message that was encoded, for diagnostics. */
    describe(frame: Frame): { type: unknown; bytes: number };
}
