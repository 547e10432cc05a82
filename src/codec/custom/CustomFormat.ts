import { types } from "node:util";
import { isTooLong } from "../../protocol/Envelope";
import type { InvalidMessage, Message } from "../../protocol/Message";
import { typeName } from "../../protocol/typeName";
import { uuidOf } from "../../protocol/uuid";
import { messageOf } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";
import type { ClassRegistry } from "../classes";
import { isOwnMemory } from "../binary/read/ownMemory";
import type { Encoder } from "../Encoder";
import { assertAwaited, badDataError, reservedTypeError, withoutStack } from "../errors";
import type { ValueCodec } from "../ValueOptions";
import { NO_TOKEN, type WireFormat, type WireTokens } from "../Wire";
import { type CustomHead, type CustomReader, isReserved, readFrame, writeFrame } from "./customFrames";
import { CustomWire } from "./CustomWire";

const NO_BYTES = new Uint8Array(0);

/** Options of a {@link CustomFormat}, validated. */
export interface CustomFormatOptions {
    codec: ValueCodec;
    /** Maximum size of a message in bytes. */
    maxSize: number;
    classes: ClassRegistry | undefined;
    /** Encoder of messages that are lines. */
    json: Encoder<string>;
}

/** Format of a codec of the program: frames of bytes, each with one message. */
export class CustomFormat implements WireFormat {
    readonly name: string;
    readonly json: Encoder<string>;
    readonly #codec: ValueCodec;
    readonly #maxSize: number;
    readonly #classes: ClassRegistry | undefined;
    latestType = "Object";

    constructor({ codec, maxSize, classes, json }: CustomFormatOptions) {
        this.name = codec.name;
        this.#codec = codec;
        this.#maxSize = maxSize;
        this.#classes = classes;
        this.json = json;
    }

    createWire(tokens: WireTokens): CustomWire {
        return new CustomWire(this, tokens);
    }

    encodeShared(value: unknown, type?: string): Buffer {
        return this.encode("message", 0, value, type);
    }

    decodeShared(frame: Buffer): (Message | InvalidMessage)[] {
        return this.decode(frame, NO_TOKEN);
    }

    decodeToResend(frame: Buffer, format?: WireFormat): Message | InvalidMessage {
        if (format === this) return read(frame, NO_TOKEN, (bytes) => new EncodedValue(bytes));
        return read(frame, NO_TOKEN, (bytes) => this.#valueOf(bytes, frame));
    }

    /** Encodes a message. */
    encode(kind: CustomHead["kind"], id: number, value: unknown, type?: string, more?: Partial<CustomHead>): Buffer {
        assertAwaited(value);
        const name = type ?? this.#classes?.typeOf(value) ?? typeName(value);
        this.latestType = name;
        if (isTooLong(name)) throw badDataError("a class whose name is too long");
        if (isReserved(kind, name)) throw reservedTypeError(name);
        const bytes = more?.empty ? NO_BYTES : this.#bytesOf(value);
        this.latestType = name; // `encode()` may have sent another message
        return writeFrame({ kind, id, type: name, ...more }, bytes, this.#maxSize);
    }

    /** @param token - of the peer, see {@link uuidOf} */
    decode(frame: Buffer, token: string): (Message | InvalidMessage)[] {
        const decode = (bytes: Buffer, type: string): unknown => {
            const value = this.#valueOf(bytes, frame);
            return this.#classes ? this.#classes.revive(type, value) : value;
        };
        return [read(frame, token, decode)];
    }

    /** The codec gets bytes of its own: many codecs make values that are views of them. */
    #valueOf(bytes: Buffer, frame: Buffer): unknown {
        const value = this.#codec.decode(isOwnMemory(frame) ? bytes : Buffer.from(bytes));
        if (types.isPromise(value)) throw promiseError(value);
        return value;
    }

    #bytesOf(value: unknown): Uint8Array {
        const encoded = EncodedValue.bytesOf(value);
        if (encoded) return encoded;
        try {
            const bytes: unknown = this.#codec.encode(value);
            // A new one throws if its memory was transferred.
            if (types.isUint8Array(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        } catch (cause) {
            throw new SockhopError(`This value cannot be sent: ${messageOf(cause)}`, "ERR_BAD_DATA", { cause });
        }
        throw new SockhopError(`encode() of the codec ${this.name} did not return a Uint8Array`, "ERR_BAD_DATA");
    }
}

/** Value of a message that is sent again: the bytes that the codec has made of it. */
class EncodedValue {
    readonly #bytes: Buffer;

    constructor(bytes: Buffer) {
        this.#bytes = bytes;
    }

    /** Bytes of such a value; `undefined` for a value of the program, of which no code runs, as that of a Proxy would. */
    static bytesOf(value: unknown): Buffer | undefined {
        return typeof value === "object" && value !== null && #bytes in value ? value.#bytes : undefined;
    }
}

/** Reads a frame. Never throws. */
function read(frame: Buffer, token: string, decode: CustomReader["decode"]): Message | InvalidMessage {
    return readFrame(frame, { decode, uuidOf: (id) => uuidOf(token, id) });
}

/** Error of a codec whose `decode` is an `async` function. */
function promiseError(promise: Promise<unknown>): Error {
    promise.catch(() => undefined); // the frame is reported, not this
    return withoutStack(() => new TypeError("decode() returned a Promise"));
}
