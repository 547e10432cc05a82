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
