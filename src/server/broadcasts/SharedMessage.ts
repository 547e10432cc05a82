import type { Frame } from "../../codec/Encoder";
import type { ObjectBuffer } from "../../codec/ObjectBuffer";
import type { WireFormat } from "../../codec/Wire";
import { badFrameError, noMessageError } from "../../codec/errors";
import { type InvalidMessage, type Message, toMessage } from "../../protocol/Message";
import { typeName } from "../../protocol/typeName";

/** Message for several connections, which is encoded once for each of their formats. */
export interface SharedMessage {
    /**
     * Encodes the message as one frame. Throws as the methods of an encoder do.
     *
     * @param format - format for bytes; `undefined` for a JSON line with its terminator
     */
    encode(format: WireFormat | undefined): Frame;
}

/** Value that the program sends. Each format encodes it once, which calls its getters and `toJSON()`. */
export class ValueMessage implements SharedMessage {
    readonly #objectBuffer: ObjectBuffer;
    readonly #value: unknown;
    readonly #type: string | undefined;
    #line: string | undefined;
    /** Frame of the format of the endpoint. */
    #bytes: Buffer | undefined;
    #hasFrame = false;
    #hasFailed = false;

    /** @param type - type of the message, instead of the class name of the value */
    constructor(objectBuffer: ObjectBuffer, value: unknown, type: string | undefined) {
        this.#objectBuffer = objectBuffer;
        this.#value = value;
        this.#type = type;
    }

    /** Type of the message. */
    get type(): string {
        return this.#type ?? typeName(this.#value);
    }

    /** True if a format was tried, and none of them can express the value. */
    get isRefused(): boolean {
        return this.#hasFailed && !this.#hasFrame;
    }

    encode(format: WireFormat | undefined): Frame {
        try {
            const frame = this.#encode(format);
            this.#hasFrame = true;
            return frame;
        } catch (error) {
            this.#hasFailed = true;
            throw error;
        }
    }

    #encode(format: WireFormat | undefined): Frame {
        if (format && format === this.#objectBuffer.format) {
            return (this.#bytes ??= format.encodeShared(this.#value, this.#type));
        }
        if (format) return format.encodeShared(this.#value, this.#type);
        return (this.#line ??= this.#objectBuffer.json.encodeMessage(this.#value, this.#type));
    }
}

/**
 * Message that another server has encoded: a JSON text with an envelope, without a terminator, or a frame of
 * `encodeShared()` of a format. Connections of that very format get it as it is. For others it is decoded, once, and
 * encoded again, without code of the program.
 */
export class PreparedMessage implements SharedMessage {
    readonly #objectBuffer: ObjectBuffer;
    readonly #prepared: string | Buffer;
    readonly #format: WireFormat | undefined;
    #decoded: Message | undefined;

    /** @param format - format of a frame of bytes: that of the endpoint, if it has this codec */
    constructor(objectBuffer: ObjectBuffer, prepared: string | Buffer, format?: WireFormat) {
        this.#objectBuffer = objectBuffer;
        this.#prepared = prepared;
        this.#format = format;
    }

    /** @throws {@link SockhopError} also as {@link decode}, if it must be decoded */
    encode(format: WireFormat | undefined): Frame {
        const objectBuffer = this.#objectBuffer;
        const prepared = this.#prepared;
        if (format && format === this.#format) {
            this.#check();
            return prepared;
        }
        if (!format && typeof prepared === "string" && objectBuffer.json.enveloped)
            return objectBuffer.json.frame(prepared);
        const { type, data } = this.decode();
        return format ? format.encodeShared(data, type) : objectBuffer.json.encodeMessage(data, type);
    }

    /**
     * Decodes the message, to be encoded again.
     *
     * @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` if it is not a message, or `ERR_MESSAGE_TOO_LARGE`
     */
    decode(): Message {
        return (this.#decoded ??= this.#decode());
    }

    /** Checks a frame of bytes. */
    #check(): void {
        if (typeof this.#prepared !== "string") this.#objectBuffer.binaryFormat.checkFrame(this.#prepared);
    }

    #decode(): Message {
        this.#check();
        const prepared = this.#prepared;
        const decoded = typeof prepared === "string" ? parse(prepared) : this.#format?.decodeToResend(prepared);
        if (decoded?.kind === "message") return decoded;
        throw noMessageError(decoded);
    }
}

function parse(text: string): Message | InvalidMessage {
    try {
        return toMessage(JSON.parse(text));
    } catch (cause) {
        throw badFrameError("the message is not JSON", cause);
    }
}
