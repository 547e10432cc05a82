import { PING, PONG, RESPONSE } from "../../protocol/Envelope";
import { type InvalidMessage, type Message, invalid, message, toMessage } from "../../protocol/Message";
import { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import { typeName } from "../../protocol/typeName";
import { detach } from "../../runtime/detach";
import { messageOf } from "../../runtime/thrownValues";
import type { ClassRegistry } from "../classes";
import type { ControlKind, Encoder, Identified, ReadState } from "../Encoder";
import { assertAwaited, assertObject, badFrameError, tooLargeError, withoutStack } from "../errors";
import { EnvelopeWriter } from "./EnvelopeWriter";
import { FrameReader, type JsonReadState, skipByteOrderMark } from "./FrameReader";
import { parseEnvelope } from "./parseEnvelope";
import { reviveMessage } from "./reviveMessage";
import { toJson } from "./stringify";
import { Terminator } from "./Terminator";

/** Highest code of the white space characters of JSON (RFC 8259, section 2). */
const SPACE = 0x20;

const NOT_JSON = "the frame is not JSON";

/** Options of a {@link JsonCodec}, validated. */
export interface JsonCodecOptions {
    /** Terminator of received frames. */
    receiveTerminator: string;
    /** Terminator of sent frames. */
    sendTerminator: string;
    /** True if frames need not be JSON, and values need not be objects. */
    allowNonObjects: boolean;
    /** Maximum size of a message in bytes. */
    maxSize: number;
    /** False for a `"json"` peer. */
    enveloped: boolean;
    /** Classes of the values of messages. */
    classes: ClassRegistry | undefined;
}

/**
 * Codec for JSON text and a terminator: the wire format of sockhop 1.x (`docs/protocol.md`), and of `"json"` peers. All
 * connections of an endpoint share one; each connection has its own {@link ReadState}.
 */
export class JsonCodec implements Encoder<string> {
    readonly name = "json";
    /** False if values are sent without an envelope. Then there are no calls, replies and requests. */
    readonly enveloped: boolean;
    /** True if any text is a value, so that no frame is invalid. */
    readonly acceptsText: boolean;
    readonly #allowNonObjects: boolean;
    readonly #maxSize: number;
    readonly #terminator: Terminator;
    /** Closing brace of an envelope and terminator of its frame, if nothing needs escaping. */
    readonly #envelopeEnd: string;
    readonly #reader: FrameReader;
    readonly #writer: EnvelopeWriter;
    readonly #classes: ClassRegistry | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator. */
    constructor(options: JsonCodecOptions) {
        const { receiveTerminator, sendTerminator, allowNonObjects, maxSize, enveloped, classes } = options;
        const terminator = new Terminator(receiveTerminator);
        this.#terminator = sendTerminator === receiveTerminator ? terminator : new Terminator(sendTerminator);
        this.#envelopeEnd = `}${this.#terminator.text}`;
        this.#reader = new FrameReader(terminator, maxSize);
        this.#allowNonObjects = allowNonObjects;
        this.#maxSize = maxSize;
        this.enveloped = enveloped;
        this.#classes = classes;
        this.#writer = new EnvelopeWriter(classes);
        this.acceptsText = allowNonObjects && !enveloped;
    }

    /**
     * Encodes a value without an envelope.
     *
     * @throws {@link SockhopError} also `ERR_OBJECTBUFFER_BAD_OBJECT` for a value that is not an object
     */
    encodeValue(value: unknown): string {
        assertObject(value, this.#allowNonObjects);
        return this.frame(toJson(value));
    }

    /** Text that ends each sent frame, and is nowhere else in it. */
    get terminator(): string {
        return this.#terminator.text;
    }

    get latestType(): string {
        return this.#writer.latestType;
    }

    identify(): void {
        // Reading the uuid creates it.
    }

    encodeMessage(value: unknown, type?: string): string {
        assertAwaited(value);
        return this.enveloped ? this.#encodeEnvelope(this.#writer.value(value, "", type)) : this.encodeValue(value);
    }

    /**
     * Encodes a message with an envelope, also if messages of this end have none.
     *
     * @returns JSON text, without a terminator
     */
    encodeEnvelope(value: unknown, type?: string): string {
        assertAwaited(value);
        return this.#encodeEnvelope(this.#writer.value(value, "", type)).slice(0, -this.terminator.length);
    }

    encodeCall(value: unknown, { uuid }: Identified, type?: string): string {
        assertAwaited(value);
        return this.#encodeEnvelope(this.#writer.value(value, `,"id":"${uuid}"`, type));
    }

    encodeReply(value: unknown, id: unknown, hasUuid: boolean): string {
        const text = hasUuid ? `"${id as string}"` : toJson(id);
        return this.#encodeEnvelope(this.#writer.value(value, `,"callback_id":${text}`));
    }

    encodeRequest(value: unknown, { uuid }: Identified, type?: string): string {
        assertAwaited(value);
        return this.#encodeEnvelope(this.#writer.request(uuid, value, type));
    }

    encodeResponse(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): string {
        return this.#encodeEnvelope(this.#writer.response(packet, hasUuid));
    }

    encodeCancel({ uuid }: Identified): string {
        const packet = new SockhopResponsePacket({ uuid, last: true, cancel: true });
        return this.#encodeEnvelope(this.#writer.control(RESPONSE, packet));
    }

    encodeControl(kind: ControlKind, data: unknown): string {
        return this.enveloped
            ? this.#encodeEnvelope(this.#writer.control(CONTROL_TYPES[kind], data))
            : this.encodeValue(data);
    }

    /**
     * Splits bytes into frames, without their terminators.
     *
     * @param chunk - bytes, split at any position; bytes of a partial frame are copied
     * @param length - number of valid bytes in `chunk`
     * @returns frames that the chunk completes, in order
     */
    read(chunk: Buffer, state: ReadState, length = chunk.length): string[] {
        return this.#reader.read(chunk, state as JsonReadState, length);
    }

    /**
     * Ends a stream. Returns the last line if messages have no envelope: its JSON text is complete without a terminator.
     *
     * @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` for an incomplete frame
     */
    readEnd(state: ReadState): string | undefined {
        const { partialFrame } = state as JsonReadState;
        if (!partialFrame || partialFrame.isSkipped) return undefined;
        state.partialFrame = undefined;
        const frames = textsOf(partialFrame.bytes);
        if (state.framesReceived === 0) skipByteOrderMark(frames);
        const [text] = frames;
        if (text !== undefined && this.isBlank(text)) return undefined;
        if (this.enveloped || text === undefined || !isJson(text)) {
            throw badFrameError("the connection ended in the middle of a frame");
        }
        return text;
    }

    /** True for a blank frame between two messages, which is skipped without an error: white space. With `allow_non_objects`, white space is a value. */
    isBlank(frame: string): boolean {
        return !(frame.charCodeAt(0) > SPACE) && !this.#allowNonObjects && isSpaces(frame);
    }

    /** Decodes a message. Never throws. */
    decode(frame: string): Message | InvalidMessage {
        const short = this.enveloped ? parseEnvelope(frame) : undefined;
        if (short) return short;
        if (this.enveloped) return this.decodeEnvelope(frame);
        try {
            return this.#toBareMessage(this.#parse(frame));
        } catch (cause) {
            return invalid(NOT_JSON, undefined, cause);
        }
    }

    /** Decodes the JSON text of an envelope, also if messages of this end have none. */
    decodeEnvelope(json: string): Message | InvalidMessage {
        let value: unknown;
        try {
            value = this.#parse(json);
        } catch (cause) {
            return invalid(NOT_JSON, undefined, cause);
        }
        const decoded = toMessage(value);
        return this.#classes ? reviveMessage(decoded, this.#classes) : decoded;
    }

    /** @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` */
    decodeValue(frame: string): unknown {
        try {
            return this.#parse(frame);
        } catch (cause) {
            throw badFrameError(NOT_JSON, cause);
        }
    }

    /** A value of a json peer. A handler that expects an object would fail with `null`, so it needs the option. */
    #toBareMessage(value: unknown): Message | InvalidMessage {
        if (value === null && !this.#allowNonObjects) return invalid("the frame is null (see allow_non_objects)");
        return message("message", typeName(value), value);
    }

    /** @throws SyntaxError for text that is not JSON, unless `allow_non_objects` is set */
    #parse(frame: string): unknown {
        try {
            return withoutStack(() => JSON.parse(frame) as unknown);
        } catch (cause) {
            if (this.#allowNonObjects) return detach(frame); // a slice would keep the whole chunk in memory
            // The original error of V8 would keep the whole text in memory.
            throw withoutStack(() => new SyntaxError(messageOf(cause)));
        }
    }

    describe(frame: string): { type: unknown; bytes: number } {
        const json = frame.slice(0, -this.#terminator.text.length);
        const value: unknown = JSON.parse(json);
        const type = this.enveloped ? (value as { type: unknown }).type : typeName(value);
        return { type, bytes: Buffer.byteLength(json) };
    }

    /**
     * Makes a frame of JSON text.
     *
     * @param type - type of the message, for its error
     * @throws {@link SockhopError} `ERR_MESSAGE_TOO_LARGE`, and `ERR_BAD_DATA` if the text cannot do without the terminator
     */
    frame(json: string, type?: string): string {
        const text = this.#terminator.escape(json);
        // A UTF-16 code unit has at most three bytes in UTF-8.
        if (3 * text.length > this.#maxSize) {
            const size = Buffer.byteLength(text);
            const what = type === undefined ? undefined : `message (${type})`;
            if (size > this.#maxSize) throw tooLargeError(String(size), this.#maxSize, what);
        }
        return text + this.#terminator.text;
    }

    /**
     * Ends an envelope. Appends the closing brace together with the terminator, which copies one string less.
     * (Throughput of 1 kB messages: 1.04 times.)
     *
     * @param text - envelope without its closing brace
     */
    #encodeEnvelope(text: string): string {
        const fits = this.#terminator.isSafe && 3 * text.length < this.#maxSize;
        return fits ? text + this.#envelopeEnd : this.frame(`${text}}`, this.latestType);
    }
}

const CONTROL_TYPES: Readonly<Record<ControlKind, string>> = { ping: PING, pong: PONG };

/** Decodes bytes. Returns no text if they exceed the maximum length of a string. */
function textsOf(bytes: Buffer): string[] {
    try {
        return [bytes.toString()];
    } catch {
        return [];
    }
}

/** True for a complete JSON text. */
function isJson(text: string): boolean {
    try {
        JSON.parse(text);
        return true;
    } catch {
        return false;
    }
}

/**
 * True for white space only. A regular expression would keep its last input in memory (`RegExp.input` of V8), even a
 * long one. Codes, because a string for each character would make a blank line cost more than a message.
 */
function isSpaces(text: string): boolean {
    for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return false;
    }
    return true;
}
