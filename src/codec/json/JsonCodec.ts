import { messageOf } from "../../runtime/thrownValues";
import { detach } from "../../runtime/detach";
import { positiveNumber } from "../../validators";
import { SockhopError } from "../../SockhopError";
import { Terminator } from "./Terminator";
import { badFrame, withoutStack } from "../badFrame";
import { toJson } from "./stringify";

/** How values are framed. */
export interface FramingOptions {
    /**
     * What ends a frame: one string for both directions, or `[receive, transmit]`. Any length; counted in bytes of
     * UTF-8. Anything but a string or an array means the default.
     *
     * @default "\n"
     */
    terminator?: string | readonly string[] | null | undefined;
    /**
     * `true`: a frame that is not JSON is received as the string it is, and values that are no objects can be sent.
     *
     * @default false
     */
    allow_non_objects?: boolean | undefined;
    /**
     * Bytes that one message may have, as JSON text and without the terminator; `Infinity` for no limit. A larger one is
     * refused where it is sent, with `ERR_MESSAGE_TOO_LARGE`, and where it is received, while it arrives: less than
     * twice as many bytes are kept for it.
     *
     * @default 104857600 (100 MiB)
     */
    max_message_size?: number | undefined;
}

/**
 * {@link FramingOptions}, made complete: what all connections of a client or server share.
 *
 * @internal
 */
export class JsonCodec {
    /** What ends the frames that we receive. */
    readonly terminator: Terminator;
    /** Bytes of the largest message. */
    readonly maxSize: number;
    /** Values travel without an envelope: the other end is a `"json"` peer. */
    readonly bare: boolean;
    readonly #sent: Terminator;
    /** What ends an envelope and its frame, where one needs no thought. */
    readonly #end: string;
    /** Frames need not be JSON, and values need not be objects. */
    readonly allowNonObjects: boolean;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator, or a size that is none. */
    constructor({
        terminator,
        allow_non_objects,
        max_message_size,
        peer_type,
    }: FramingOptions & { peer_type?: unknown }) {
        const [rx, tx] = Array.isArray(terminator) ? (terminator as readonly string[]) : [terminator as string];
        this.terminator = new Terminator(typeof rx === "string" ? rx : "\n");
        this.#sent = typeof tx === "string" ? new Terminator(tx) : this.terminator;
        this.#end = `}${this.#sent.text}`;
        this.bare = peer_type === "json";
        this.allowNonObjects = allow_non_objects === true;
        this.maxSize = positiveNumber("max_message_size", max_message_size, 100 * 2 ** 20);
    }

    /**
     * The frame of a value without an envelope.
     *
     * @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_OBJECT`, `ERR_BAD_DATA`, `ERR_MESSAGE_TOO_LARGE`
     */
    encode(value: unknown): string {
        if (typeof value !== "object" && !this.allowNonObjects) {
            throw new SockhopError(
                "obj2buf called with non object type (see the option allow_non_objects)",
                "ERR_OBJECTBUFFER_BAD_OBJECT",
            );
        }
        return this.frame(toJson(value));
    }

    /**
     * JSON text as a frame.
     *
     * @throws {@link SockhopError} `ERR_BAD_DATA`, `ERR_MESSAGE_TOO_LARGE`
     */
    frame(json: string): string {
        const text = this.#sent.escape(json);
        const error = this.sizeError(text);
        if (error) throw error;
        return text + this.#sent.text;
    }

    /**
     * The frame of an envelope. The brace that ends it is put to it together with the terminator: that is a string less to be
     * copied. (1 kB messages: 1.04 times as many.)
     *
     * @param open - its JSON text, but for that brace
     * @throws {@link SockhopError} `ERR_BAD_DATA`, `ERR_MESSAGE_TOO_LARGE`
     */
    encodeEnvelope(open: string): string {
        return this.#sent.isSafe && 3 * open.length < this.maxSize ? open + this.#end : this.frame(`${open}}`);
    }

    /**
     * The value of a frame.
     *
     * @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA`
     */
    decode(text: string): unknown {
        try {
            return withoutStack(() => JSON.parse(text) as unknown);
        } catch (cause) {
            if (this.allowNonObjects) return detach(text); // the program may keep it: not all of the chunk with it
            // V8 keeps the text with the error that it has made, which may be kept.
            throw badFrame(
                "the frame is not JSON",
                withoutStack(() => new SyntaxError(messageOf(cause))),
            );
        }
    }

    /** The JSON text of a frame that `frame()` has made. */
    jsonOf(frame: string): string {
        return frame.slice(0, -this.#sent.text.length);
    }

    /** What is wrong with a message of this text, if it is too large. */
    sizeError(text: string): SockhopError | undefined {
        if (3 * text.length <= this.maxSize) return undefined; // a UTF-16 unit has at most three bytes in UTF-8
        const size = Buffer.byteLength(text);
        return size > this.maxSize ? this.tooLargeError(String(size)) : undefined;
    }

    /** Whether a frame is a blank line between two texts, which is no error (and a text where those need not be JSON). */
    isBlank(text: string): boolean {
        return !(text.charCodeAt(0) > SPACE) && !this.allowNonObjects && isSpaces(text);
    }

    tooLargeError(size: string): SockhopError {
        const message = `A message of ${size} bytes is larger than max_message_size, ${this.maxSize} bytes`;
        return new SockhopError(message, "ERR_MESSAGE_TOO_LARGE");
    }
}

/** The last of the characters that are white space in JSON (RFC 8259, section 2). */
const SPACE = 0x20;

/** No regular expression: V8 keeps the text that one has matched last (`RegExp.input`), however long. */
function isSpaces(text: string): boolean {
    for (const character of text) if (!" \t\r\n".includes(character)) return false;
    return true;
}
