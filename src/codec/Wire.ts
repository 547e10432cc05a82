import type { InvalidMessage, Message } from "../protocol/Message";
import type { ByteFrame, Encoder, ReadState } from "./Encoder";

/**
 * Splits the bytes of a stream into JSON lines, without their terminators, and frames of bytes.
 *
 * A frame can be a part of `chunk`: it is valid until the next call.
 */
export interface StreamReader {
    read(chunk: Buffer, state: ReadState, length?: number): (string | Buffer)[];
}

/**
 * Format for bytes that both ends of a connection have agreed on. Each connection has its own: it encodes the messages
 * of a tick into one buffer.
 *
 * An encode method returns a frame for {@link commit}, which must be called before the next encode method, or never. A
 * message that no frame of this format can express, such as a ping, is returned as a JSON line.
 */
export interface Wire extends Encoder {
    /** Name of the codec, as in `client.codec`. */
    readonly name: string;
    /** Format that the frames of this connection share with others. */
    readonly format: WireFormat;
    /** Reader of the connection, if it differs from that of the endpoint. */
    readonly reader?: StreamReader;
    /** Number of bytes that {@link take} would return. Can be an estimate that is too small by a few bytes. */
    readonly length: number;

    /**
     * True while a message is being encoded: a getter of its value, or `toJSON()`, runs. It can refer to the messages of
     * its frame before it, so these should not be taken.
     */
    readonly isEncoding: boolean;

    /** Encoder of replies that are added later: each frame has memory of its own. */
    readonly apart: Encoder;

    /** Adds the message that was encoded last, or a frame of {@link WireFormat.encodeShared}. */
    commit(frame: ByteFrame): void;
    /**
     * Returns all bytes that were added. They are valid until {@link release}; in large memory, they belong to the caller.
     *
     * Code of the program can call it again before `release()`, from a replaced `socket.write()`. While a message is
     * encoded, it returns the messages before that one, which must then be encoded once more: its getters run twice.
     */
    take(): Buffer;
    /**
     * Called after the bytes of {@link take} were passed to the socket.
     *
     * @param isWritten - true if the operating system has them, so that their memory can be used again
     */
    release(isWritten: boolean): void;

    /** Decodes the messages of a frame. Never throws. */
    decodeFrame(frame: Buffer): (Message | InvalidMessage)[];
}

/** Format of a {@link Wire}, for messages that do not belong to one connection. */
export interface WireFormat {
    readonly name: string;
    /** Encodes a message as a whole frame, which all connections with this format accept. Throws as {@link Encoder}. */
    encodeShared(value: unknown, type?: string): Buffer;
    /** Type of the last value that was encoded, for error messages. */
    readonly latestType: string;
    /** Decodes a frame of {@link encodeShared}. Never throws. */
    decodeShared(frame: Buffer): (Message | InvalidMessage)[];
    /**
     * Decodes a frame of {@link encodeShared} whose value will only be encoded again, with the type of the message. The
     * classes of the program are not used. Never throws.
     *
     * @param format - format that will encode it; `undefined` for JSON lines
     */
    decodeToResend(frame: Buffer, format?: WireFormat): Message | InvalidMessage | undefined;
    /** @param tokens - see {@link WireTokens} */
    createWire(tokens: WireTokens): Wire;
}

/** Token of a frame that belongs to no connection. It has no calls and requests. */
export const NO_TOKEN = "0".repeat(16);

/** Random text of both ends of a connection, which makes the uuids of their calls and requests. */
export interface WireTokens {
    readonly own: string;
    readonly peer: string;
}
