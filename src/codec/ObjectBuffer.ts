import { EventEmitter } from "node:events";
import { SockhopError } from "../SockhopError";
import type { Message } from "../protocol/Message";
import type { SockhopResponsePacket } from "../protocol/SockhopRequest";
import { positiveNumber } from "../validators";
import type { Codec, ControlKind, Frame, ReadState } from "./Codec";
import { JsonCodec } from "./json/JsonCodec";

/** Options of framing. */
export interface FramingOptions {
    /**
     * End of a frame: one string for both directions, or `[receive, transmit]`. Any length; counted in bytes of UTF-8. Anything
     * but a string or an array means the default.
     *
     * @default "\n"
     */
    terminator?: string | readonly string[] | null | undefined;
    /**
     * `true`: a frame that is not JSON is received as a string, and values that are not objects can be sent.
     *
     * @default false
     */
    allow_non_objects?: boolean | undefined;
    /**
     * Largest message in bytes, as JSON text without the terminator; `Infinity` for no limit. A larger message is refused where it
     * is sent, with `ERR_MESSAGE_TOO_LARGE`, and where it is received, while it arrives: less than twice as many bytes are kept
     * for it.
     *
     * @default 104857600 (100 MiB)
     */
    max_message_size?: number | undefined;
}

/** Options of an {@link ObjectBuffer}. */
export type ObjectBufferOptions = FramingOptions;

/**
 * Converts objects to bytes, and bytes cut at any place back to objects. Both ends of a connection frame their messages with it.
 *
 * A frame is one JSON text in UTF-8 and a terminator. This class needs no socket and can be used alone.
 *
 * It emits `error` with a {@link SockhopError}, synchronously, from inside its two public methods. Like any EventEmitter it throws
 * that error if there is no listener.
 */
export class ObjectBuffer extends EventEmitter {
    readonly #codec: Codec;
    /** Errors of frames that could not be read. Emitted after the read, since a handler may call us. */
    readonly #unreadable: SockhopError[] = [];
    readonly #state: ReadState = {
        framesReceived: 0,
        partialFrame: undefined,
        onUnreadable: (error) => {
            this.#unreadable.push(error);
        },
    };

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator, or a size that is not a number above 0. */
    constructor(options?: ObjectBufferOptions | null) {
        super();
        this.#codec = createCodec(options ?? {});
    }

    /**
     * Adds the next bytes.
     *
     * A frame that is not JSON is skipped with an `error` event (`ERR_OBJECTBUFFER_BAD_BUFFER_DATA`), or returned as a string with
     * `allow_non_objects`. A frame above `max_message_size` is skipped with an `error` event (`ERR_MESSAGE_TOO_LARGE`), as soon as
     * its size is known. Anything but a Buffer is refused with an `error` event (`ERR_OBJECTBUFFER_BAD_BUFFER`) and has no effect.
     *
     * @param buffer - bytes cut at any place; copied where they have to be kept
     * @returns values that these bytes complete, in order
     */
    buf2obj(buffer: Buffer): unknown[] {
        if (!Buffer.isBuffer(buffer)) {
            const error = new SockhopError("buf2obj called with non buffer object", "ERR_OBJECTBUFFER_BAD_BUFFER");
            this.emit("error", error);
            return [];
        }
        const values: unknown[] = [];
        const frames = this.#codec.read(buffer, this.#state);
        for (const error of this.#unreadable.splice(0)) this.emit("error", error);
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
     * Encodes one frame.
     *
     * A value whose `typeof` is not `"object"` needs `allow_non_objects`; without it there is an `error` event
     * (`ERR_OBJECTBUFFER_BAD_OBJECT`) and no Buffer.
     *
     * @throws {@link SockhopError} `ERR_BAD_DATA` for a value that JSON cannot express, `ERR_MESSAGE_TOO_LARGE`
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

    // The rest is for client and server: see {@link Codec} for the contract of each method.

    /**
     * True if messages have an envelope; false for a `"json"` peer.
     *
     * @internal
     */
    get enveloped(): boolean {
        return this.#codec.enveloped;
    }

    /** @internal */
    encodeMessage(value: unknown): Frame {
        return this.#codec.encodeMessage(value);
    }

    /** @internal */
    encodeCall(value: unknown, id: string): Frame {
        return this.#codec.encodeCall(value, id);
    }

    /** @internal */
    encodeReply(value: unknown, id: unknown, hasUuid: boolean): Frame {
        return this.#codec.encodeReply(value, id, hasUuid);
    }

    /** @internal */
    encodeRequest(value: unknown, uuid: string): Frame {
        return this.#codec.encodeRequest(value, uuid);
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
    decode(frame: Frame): Message {
        return this.#codec.decode(frame);
    }

    /** @internal */
    describe(frame: Frame): { type: unknown; bytes: number } {
        return this.#codec.describe(frame);
    }
}

/** @param options - of a client or server, too, which has a `peer_type` */
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
