import { EventEmitter } from "node:events";
import type { InvalidMessage, Message } from "../protocol/Message";
import { SockhopError } from "../SockhopError";
import { positiveNumber } from "../validators";
import { type FormatSettings, createFormat } from "./formatOption";
import { assertObject, noMessageError } from "./errors";
import { type ClassRegistry, classRegistry } from "./classes";
import type { ReadState } from "./Encoder";
import { JsonCodec, type JsonCodecOptions } from "./json/JsonCodec";
import { withLineId } from "./LineId";
import { BinaryFormat } from "./binary/BinaryFormat";
import { MixedReader } from "./binary/read/MixedReader";
import { Terminator } from "./json/Terminator";
import { V2Format, type V2FormatOptions } from "./v2/V2Format";
import type { ValueOptions } from "./ValueOptions";
import type { StreamReader, WireFormat } from "./Wire";

/** Options of framing. */
export interface FramingOptions {
    /**
     * Text at the end of each frame: one string for both directions, or `[receive, transmit]`. It can have any length,
     * and is encoded in UTF-8. A value that is neither a string nor an array means the default.
     *
     * @default "\n"
     */
    terminator?: string | readonly string[] | null | undefined;
    /**
     * `true`: receives a frame that is not JSON as a string, and allows sending values that are not objects. Client and
     * server with `peer_type: "json"` then also receive `null`, which is an invalid frame otherwise.
     *
     * @default false
     */
    allow_non_objects?: boolean | undefined;
    /**
     * Maximum size of a message in bytes, without the terminator; `Infinity` for no limit. Sending a larger message
     * fails with `ERR_MESSAGE_TOO_LARGE`. Receiving one fails as soon as it exceeds the limit: its
     * buffer is always smaller than twice the limit, and at most four times as large as what has arrived.
     *
     * @default 104857600 (100 MiB)
     */
    max_message_size?: number | undefined;
}

/** Options of an {@link ObjectBuffer}. */
export interface ObjectBufferOptions extends FramingOptions, ValueOptions {}

/**
 * Converts objects to bytes, and bytes, split at any position, back to objects. Client and server use it to frame their
 * messages.
 *
 * A frame is one JSON text in UTF-8, followed by the terminator. This class needs no socket: programs can use it
 * directly.
 *
 * Both public methods emit `error` events synchronously, with a {@link SockhopError}. Like any EventEmitter, they throw
 * the error if there is no listener.
 */
export class ObjectBuffer extends EventEmitter {
    /**
     * Encodes and decodes lines.
     *
     * @internal
     */
    readonly json: JsonCodec;
    readonly #format: WireFormat | undefined;
    readonly #reader: StreamReader;
    readonly #allowNonObjects: boolean;
    readonly #formatSettings: V2FormatOptions & FormatSettings;
    #v2Format: V2Format | undefined;
    #binaryFormat: BinaryFormat | undefined;
    /** Errors of unreadable frames. They are emitted after the read, because a listener may call this object. */
    readonly #readErrors: SockhopError[] = [];
    readonly #state: ReadState = {
        framesReceived: 0,
        partialFrame: undefined,
        onUnreadable: (error) => {
            this.#readErrors.push(error);
        },
    };

    /**
     * @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator, or a `max_message_size` that is not a
     * number above 0.
     */
    constructor(options?: ObjectBufferOptions | null) {
        super();
        const given = options ?? {};
        const classes = classRegistry(given.classes);
        const settings = jsonOptions(given, classes);
        const json = new JsonCodec(settings);
        this.json = json;
        this.#allowNonObjects = settings.allowNonObjects;
        this.#formatSettings = { ...settings, json };
        this.#format = createFormat(given, this.#formatSettings);
        this.#reader = this.#format
            ? new MixedReader(new Terminator(settings.receiveTerminator), settings.maxSize)
            : json;
    }

    /**
     * Decodes the next bytes.
     *
     * A frame that is not JSON is skipped with an `error` event (`ERR_OBJECTBUFFER_BAD_BUFFER_DATA`), or returned as a
     * string with `allow_non_objects`. A frame above `max_message_size` is skipped with an `error` event
     * (`ERR_MESSAGE_TOO_LARGE`), as soon as it exceeds the limit. An argument that is not a Buffer causes an `error`
     * event (`ERR_OBJECTBUFFER_BAD_BUFFER`), and nothing else.
     *
     * @param buffer - bytes, split at any position; bytes of a partial frame are copied
     * @returns values that these bytes complete, in order
     * @example
     * ```js
     * const buffer = new ObjectBuffer();
     * buffer.buf2obj(Buffer.from('{"a":1}\n{"b"')); // [{ a: 1 }]
     * buffer.buf2obj(Buffer.from(":2}\n")); // [{ b: 2 }]
     * ```
     */
    buf2obj(buffer: Buffer): unknown[] {
        if (!Buffer.isBuffer(buffer)) {
            const error = new SockhopError("buf2obj called with non buffer object", "ERR_OBJECTBUFFER_BAD_BUFFER");
            this.emit("error", error);
            return [];
        }
        const values: unknown[] = [];
        const frames = this.#reader.read(buffer, this.#state);
        for (const error of this.#readErrors.splice(0)) this.emit("error", error);
        for (const frame of frames) {
            if (typeof frame !== "string") this.#decodeFrame(frame, values);
            else if (!this.json.isBlank(frame)) this.#decodeLine(frame, values);
        }
        return values;
    }

    #decodeLine(line: string, values: unknown[]): void {
        try {
            values.push(this.json.decodeValue(line));
        } catch (error) {
            this.emit("error", error);
        }
    }

    #decodeFrame(frame: Buffer, values: unknown[]): void {
        for (const message of (this.#format as WireFormat).decodeShared(frame)) {
            if (message.kind === "message") values.push(message.data);
            else this.emit("error", noMessageError(message));
        }
    }

    /**
     * Encodes a value as one frame: JSON text, or bytes with the option `codec`.
     *
     * A value whose `typeof` is not `"object"` needs `allow_non_objects`. Without it, this method emits an `error`
     * event (`ERR_OBJECTBUFFER_BAD_OBJECT`) and returns `undefined`.
     *
     * @returns the frame, with its terminator
     * @throws {@link SockhopError} `ERR_BAD_DATA` for a value that JSON cannot express, `ERR_MESSAGE_TOO_LARGE`
     * @example
     * ```js
     * new ObjectBuffer().obj2buf({ a: 1 }); // a Buffer of the text '{"a":1}\n'
     * ```
     */
    obj2buf(value: unknown): Buffer | undefined {
        try {
            if (!this.#format) return Buffer.from(this.json.encodeValue(value));
            assertObject(value, this.#allowNonObjects);
            return this.#format.encodeShared(value);
        } catch (error) {
            if ((error as SockhopError).code !== "ERR_OBJECTBUFFER_BAD_OBJECT") throw error;
            this.emit("error", error);
            return undefined;
        }
    }

    // For client and server.

    /**
     * Format for bytes that this end can agree on; `undefined` without the option `codec`.
     *
     * @internal
     */
    get format(): WireFormat | undefined {
        return this.#format;
    }

    /**
     * Format of the codec `"binary"`, for frames of other servers. This end need not have this codec.
     *
     * @internal
     */
    get binaryFormat(): BinaryFormat {
        if (this.#format instanceof BinaryFormat) return this.#format;
        return (this.#binaryFormat ??= new BinaryFormat({ ...this.#formatSettings, errorStacks: false }));
    }

    /**
     * Format for peers of sockhop 2.x.
     *
     * @internal
     */
    get v2Format(): V2Format {
        return (this.#v2Format ??= new V2Format(this.#formatSettings));
    }

    /**
     * Splits bytes into lines, without their terminators, and frames of the format.
     *
     * @param chunk - bytes, split at any position; bytes of a partial frame are copied
     * @param length - number of valid bytes in `chunk`
     * @returns lines and frames that the chunk completes, in order. A frame is valid until the next call
     * @internal
     */
    read(chunk: Buffer, state: ReadState, length = chunk.length): (string | Buffer)[] {
        return this.#reader.read(chunk, state, length);
    }

    /**
     * Decodes the message of a line. Never throws.
     *
     * @internal
     */
    decode(line: string): Message | InvalidMessage {
        const decoded = this.json.decode(line);
        return this.#format ? withLineId(decoded) : decoded;
    }
}

/** @param options - options of an ObjectBuffer, or of a client or server, which also have `peer_type` */
function jsonOptions(
    options: FramingOptions & { peer_type?: unknown },
    classes: ClassRegistry | undefined,
): JsonCodecOptions {
    const { terminator, allow_non_objects, max_message_size, peer_type } = options;
    const [receive, transmit] = Array.isArray(terminator) ? (terminator as readonly string[]) : [terminator as string];
    const receiveTerminator = typeof receive === "string" ? receive : "\n";
    return {
        receiveTerminator,
        sendTerminator: typeof transmit === "string" ? transmit : receiveTerminator,
        allowNonObjects: allow_non_objects === true,
        maxSize: positiveNumber("max_message_size", max_message_size, 100 * 2 ** 20),
        enveloped: peer_type !== "json",
        classes,
    };
}
