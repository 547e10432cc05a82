import type { InvalidMessage, Message } from "../protocol/Message";
import type { SockhopResponsePacket } from "../protocol/SockhopRequest";
import type { SockhopError } from "../SockhopError";

/** One encoded message: text with its terminator, or bytes of a {@link Wire}. */
export type Frame = string | ByteFrame;

/** Encoded message of a {@link Wire}. */
export interface ByteFrame {
    /** Number of bytes. */
    readonly length: number;
}

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
export type ControlKind = "ping" | "pong";

/** Call or request that is being encoded. */
export interface Identified {
    /** UUID, which an encoder of text sends. It is created when it is read. */
    readonly uuid: string;
    /** Id that the reply repeats: the uuid, or the number of {@link assign}. */
    readonly id: string | number;
    /**
     * Identifies this by a number, which an encoder of bytes sends.
     *
     * @param number - from 1 on, different for each call and request of a connection
     * @param token - see `uuidOf()`, from which the uuid follows
     */
    assign(number: number, token: string): void;
}

/**
 * Encodes messages.
 *
 * The methods throw a {@link SockhopError}: `ERR_BAD_DATA` for a value that the codec cannot express, and
 * `ERR_MESSAGE_TOO_LARGE`.
 */
export interface Encoder<F extends Frame = Frame> {
    /** Type of the last value that was encoded in an envelope, for error messages. */
    readonly latestType: string;

    /** Identifies a call or request, unless it has an id. The encode methods do so, too. */
    identify(call: Identified): void;
    /** @param type - type of the message, instead of the class name of the value */
    encodeMessage(value: unknown, type?: string): F;
    /** @param type - see {@link encodeMessage} */
    encodeCall(value: unknown, call: Identified, type?: string): F;
    /**
     * @param id - id of the call, as its message has it
     * @param hasUuid - see {@link Message.hasUuid}
     */
    encodeReply(value: unknown, id: unknown, hasUuid: boolean): F;
    /** @param type - see {@link encodeMessage} */
    encodeRequest(value: unknown, request: Identified, type?: string): F;
    /**
     * @param packet - its `uuid` is the id of the request, as its message has it
     * @param hasUuid - see {@link Message.hasUuid}
     */
    encodeResponse(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): F;
    /** Encodes the message that the requester no longer needs the response. */
    encodeCancel(request: Identified): F;
    encodeControl(kind: ControlKind, data: unknown): F;
    /** Returns type and size of an encoded message, for diagnostics. */
    describe(frame: F): { type: unknown; bytes: number };
}

/**
 * Converts messages to frames and back. All connections of an endpoint share one codec; each connection has its own
 * {@link ReadState}.
 */
export interface Codec extends Encoder<string> {
    readonly name: string;
    /** False if values are sent without an envelope. Then there are no calls, replies and requests. */
    readonly enveloped: boolean;
    /** True if any text is a value, so that no frame is invalid. */
    readonly acceptsText: boolean;
    /** Text that ends each sent frame, and is nowhere else in it. */
    readonly terminator: string;

    /**
     * Encodes a value without an envelope. Also throws `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is not an object.
     */
    encodeValue(value: unknown): string;

    /**
     * Makes a frame of JSON text.
     *
     * @throws {@link SockhopError} `ERR_MESSAGE_TOO_LARGE`, and `ERR_BAD_DATA` if the text cannot do without the terminator
     */
    frame(json: string): string;

    /**
     * Splits bytes into frames, without their terminators.
     *
     * @param chunk - bytes, split at any position; bytes of a partial frame are copied
     * @param length - number of valid bytes in `chunk`
     * @returns frames that the chunk completes, in order
     */
    read(chunk: Buffer, state: ReadState, length?: number): string[];

    /**
     * Ends a stream. Returns the last frame if it is complete without a terminator.
     *
     * @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` for an incomplete frame
     */
    readEnd(state: ReadState): string | undefined;

    /** True for a blank frame between two messages, which is skipped without an error. */
    isBlank(frame: string): boolean;

    /** Decodes a message. Never throws. */
    decode(frame: string): Message | InvalidMessage;

    /** @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` */
    decodeValue(frame: string): unknown;
}
