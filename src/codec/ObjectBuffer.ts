import { EventEmitter } from "node:events";
import { SockhopError } from "../SockhopError";
import { FrameReader, type ReadState } from "./json/FrameReader";
import { JsonCodec, type FramingOptions } from "./json/JsonCodec";

/** Options of an {@link ObjectBuffer}. */
export type ObjectBufferOptions = FramingOptions;

/**
 * Turns objects into bytes and bytes back into objects, whatever the pieces in which the bytes arrive.
 *
 * A frame is one JSON text in UTF-8 and a terminator. This class knows no socket, and can be used alone.
 *
 * It emits `error` with a {@link SockhopError}, synchronously, from inside its two methods. Like any EventEmitter it
 * throws that error when nobody listens, so listen.
 */
export class ObjectBuffer extends EventEmitter {
    readonly #framing: JsonCodec;
    readonly #reader: FrameReader;
    /** Of frames that the reader could not give. Emitted when it has finished: a handler may call us. */
    readonly #unreadable: SockhopError[] = [];
    readonly #inbox: ReadState = {
        framesReceived: 0,
        partialFrame: undefined,
        onUnreadable: (error) => {
            this.#unreadable.push(error);
        },
    };

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator, or a size that is none. */
    constructor(options?: ObjectBufferOptions | null) {
        super();
        this.#framing = new JsonCodec(options ?? {});
        this.#reader = new FrameReader(this.#framing);
    }

    /**
     * Takes the next bytes and gives back the values that they complete, in order; possibly none.
     *
     * A frame that is not JSON is skipped with an `error` event (`ERR_OBJECTBUFFER_BAD_BUFFER_DATA`), or comes out as a
     * string with `allow_non_objects`. One that is larger than `max_message_size` is skipped with an `error` event
     * (`ERR_MESSAGE_TOO_LARGE`), when that is seen. Anything but a Buffer is refused with an `error` event
     * (`ERR_OBJECTBUFFER_BAD_BUFFER`) and leaves no trace.
     *
     * @param buffer - bytes cut at any place; copied where they have to be kept
     */
    buf2obj(buffer: Buffer): unknown[] {
        if (!Buffer.isBuffer(buffer)) {
            const error = new SockhopError("buf2obj called with non buffer object", "ERR_OBJECTBUFFER_BAD_BUFFER");
            this.emit("error", error);
            return [];
        }
        const values: unknown[] = [];
        const frames = this.#reader.read(buffer, this.#inbox);
        for (const error of this.#unreadable.splice(0)) this.emit("error", error);
        for (const frame of frames) {
            if (this.#framing.isBlank(frame)) continue;
            try {
                values.push(this.#framing.decode(frame));
            } catch (error) {
                this.emit("error", error);
            }
        }
        return values;
    }

    /**
     * The bytes of one frame.
     *
     * A value whose `typeof` is not `"object"` needs `allow_non_objects`; without it there is an `error` event
     * (`ERR_OBJECTBUFFER_BAD_OBJECT`) and no Buffer.
     *
     * @throws {@link SockhopError} `ERR_BAD_DATA` for what JSON cannot express, `ERR_MESSAGE_TOO_LARGE`
     */
    obj2buf(value: unknown): Buffer | undefined {
        try {
            return Buffer.from(this.#framing.encode(value));
        } catch (error) {
            if ((error as SockhopError).code !== "ERR_OBJECTBUFFER_BAD_OBJECT") throw error;
            this.emit("error", error);
            return undefined;
        }
    }
}
