import { EventEmitter } from "node:events";
import type { InvalidMessage, Message } from "../protocol/Message";
import type { SockhopResponsePacket } from "../protocol/SockhopRequest";
import { SockhopError } from "../SockhopError";
import { positiveNumber } from "../validators";
import type { Codec, ControlKind, Frame, ReadState } from "./Codec";
import { JsonCodec } from "./json/JsonCodec";

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
     * Maximum size of a message in bytes, as JSON text without the terminator; `Infinity` for no limit. Sending a
     * larger message fails with `ERR_MESSAGE_TOO_LARGE`. Receiving one fails as soon as it exceeds the limit: its
     * buffer is always smaller than twice the limit, and at most four times as large as what has arrived.
     *
     * @default 104857600 (100 MiB)
     */
    max_message_size?: number | undefined;
}

/** Options of an {@link ObjectBuffer}. */
export type ObjectBufferOptions = FramingOptions;

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
    readonly #codec: Codec;
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
        this.#codec = createCodec(options ?? {});
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
        const frames = this.#codec.read(buffer, this.#state);
        for (const error of this.#readErrors.splice(0)) this.emit("error", error);
        for (const frame of frames) {
            if (this.#codec.isBlank(frame)) continue;
            try {
                values.push(this.#codec.decodeValue(frame));
            } catch (error) {
                this.emit("error", error);
            }
        }
        return values;
    }

    /**
     * Encodes a value as one frame.
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
            return Buffer.from(this.#codec.encodeValue(value));
        } catch (error) {
            if ((error as SockhopError).code !== "ERR_OBJECTBUFFER_BAD_OBJECT") throw error;
            this.emit("error", error);
            return undefined;
        }
    }

    // Internal methods for client and server. Codec.ts describes the contract of each.

    /**
     * True if messages have an envelope; false for a `"json"` peer.
     *
     * @internal
     */
    get enveloped(): boolean {
        return this.#codec.enveloped;
    }

    /** @internal */
    get acceptsText(): boolean {
        return this.#codec.acceptsText;
    }

    /** @internal */
    get latestType(): string {
        return this.#codec.latestType;
    }

    /** @internal */
    encodeMessage(value: unknown, type?: string): Frame {
        return this.#codec.encodeMessage(value, type);
    }

    /** @internal */
    encodeCall(value: unknown, id: string, type?: string): Frame {
        return this.#codec.encodeCall(value, id, type);
    }

    /** @internal */
    encodeReply(value: unknown, id: unknown, hasUuid: boolean): Frame {
        return this.#codec.encodeReply(value, id, hasUuid);
    }

    /** @internal */
    encodeRequest(value: unknown, uuid: string, type?: string): Frame {
        return this.#codec.encodeRequest(value, uuid, type);
    }

    /** @internal */
    encodeResponse(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): Frame {
        return this.#codec.encodeResponse(packet, hasUuid);
    }

    /** @internal */
    encodeControl(kind: ControlKind, data: unknown): Frame {
        return this.#codec.encodeControl(kind, data);
    }

    /** @internal */
    read(chunk: Buffer, state: ReadState, length = chunk.length): Frame[] {
        return this.#codec.read(chunk, state, length);
    }

    /** @internal */
    readEnd(state: ReadState): Frame | undefined {
        return this.#codec.readEnd(state);
    }

    /** @internal */
    isBlank(frame: Frame): boolean {
        return this.#codec.isBlank(frame);
    }

    /** @internal */
    decode(frame: Frame): Message | InvalidMessage {
        return this.#codec.decode(frame);
    }

    /** @internal */
    describe(frame: Frame): { type: unknown; bytes: number } {
        return this.#codec.describe(frame);
    }
}

/** @param options - options of an ObjectBuffer, or of a client or server, which also have `peer_type` */
function createCodec(options: FramingOptions & { peer_type?: unknown }): Codec {
    const { terminator, allow_non_objects, max_message_size, peer_type } = options;
    const [receive, transmit] = Array.isArray(terminator) ? (terminator as readonly string[]) : [terminator as string];
    const receiveTerminator = typeof receive === "string" ? receive : "\n";
    return new JsonCodec({
        receiveTerminator,
        sendTerminator: typeof transmit === "string" ? transmit : receiveTerminator,
        allowNonObjects: allow_non_objects === true,
        maxSize: positiveNumber("max_message_size", max_message_size, 100 * 2 ** 20),
        enveloped: peer_type !== "json",
    });
}
