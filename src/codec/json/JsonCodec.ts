import { SockhopError } from "../../SockhopError";
import { PING, PONG, RESPONSE } from "../../protocol/Envelope";
import { type Message, message, toMessage } from "../../protocol/Message";
import type { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import { typeName } from "../../protocol/typeName";
import { detach } from "../../runtime/detach";
import { messageOf } from "../../runtime/thrownValues";
import type { Codec, ControlKind } from "../Codec";
import { badFrameError, tooLargeError, withoutStack } from "../errors";
import { EnvelopeWriter } from "./EnvelopeWriter";
import { FrameReader, type JsonReadState, skipByteOrderMark } from "./FrameReader";
import { Terminator } from "./Terminator";
import { parseEnvelope } from "./parseEnvelope";
import { toJson } from "./stringify";

/** Last of the characters that are white space in JSON (RFC 8259, section 2). */
const SPACE = 0x20;

/** Options of a {@link JsonCodec}, validated. */
export interface JsonCodecOptions {
    /** Ends the frames that we receive. */
    receiveTerminator: string;
    /** Ends the frames that we send. */
    sendTerminator: string;
    /** Frames need not be JSON, and values need not be objects. */
    allowNonObjects: boolean;
    /** Largest message in bytes. */
    maxSize: number;
    /** False for a `"json"` peer. */
    enveloped: boolean;
}

/** JSON text and a terminator: the wire format of sockhop 1.x (`docs/protocol.md`), and of `"json"` peers. */
export class JsonCodec implements Codec {
    readonly name = "json";
    readonly enveloped: boolean;
    readonly #allowNonObjects: boolean;
    readonly #maxSize: number;
    readonly #terminator: Terminator;
    /** End of an envelope and its frame, where nothing has to be escaped. */
    readonly #envelopeEnd: string;
    readonly #reader: FrameReader;
    readonly #writer = new EnvelopeWriter();

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` for an empty terminator. */
    constructor({ receiveTerminator, sendTerminator, allowNonObjects, maxSize, enveloped }: JsonCodecOptions) {
        const received = new Terminator(receiveTerminator);
        this.#terminator = sendTerminator === receiveTerminator ? received : new Terminator(sendTerminator);
        this.#envelopeEnd = `}${this.#terminator.text}`;
        this.#reader = new FrameReader(received, maxSize);
        this.#allowNonObjects = allowNonObjects;
        this.#maxSize = maxSize;
        this.enveloped = enveloped;
    }

    encodeValue(value: unknown): string {
        if (typeof value !== "object" && !this.#allowNonObjects) {
            throw new SockhopError(
                "obj2buf called with non object type (see the option allow_non_objects)",
                "ERR_OBJECTBUFFER_BAD_OBJECT",
            );
        }
        return this.#frame(toJson(value));
    }

    encodeMessage(value: unknown): string {
        return this.enveloped ? this.#encodeEnvelope(this.#writer.value(value)) : this.encodeValue(value);
    }

    encodeCall(value: unknown, id: string): string {
        return this.#encodeEnvelope(this.#writer.value(value, `,"id":"${id}"`));
    }

    encodeReply(value: unknown, id: unknown, hasUuid: boolean): string {
        const text = hasUuid ? `"${id as string}"` : toJson(id);
        return this.#encodeEnvelope(this.#writer.value(value, `,"callback_id":${text}`));
    }

    encodeRequest(value: unknown, uuid: string): string {
        return this.#encodeEnvelope(this.#writer.request(uuid, value));
    }

    encodeResponse(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): string {
        return this.#encodeEnvelope(this.#writer.response(packet, hasUuid));
    }

    encodeControl(kind: ControlKind, data: unknown): string {
        return this.enveloped
            ? this.#encodeEnvelope(this.#writer.control(CONTROL_TYPES[kind], data))
            : this.encodeValue(data);
    }

    read(chunk: Buffer, state: JsonReadState, length = chunk.length): string[] {
        return this.#reader.read(chunk, state, length);
    }

    /** A JSON text needs no terminator: without envelopes the last line counts without one, too. */
    readEnd(state: JsonReadState): string | undefined {
        const { partialFrame } = state;
        if (!partialFrame || partialFrame.isSkipped) return undefined;
        state.partialFrame = undefined;
        const last = [textOf(partialFrame.bytes)];
        if (state.framesReceived === 0) skipByteOrderMark(last);
        const [text = ""] = last;
        if (text !== "" && this.isBlank(text)) return undefined;
        if (this.enveloped || !isJson(text)) {
            throw badFrameError("the connection has ended in the middle of a frame");
        }
        return text;
    }

    /** White space, unless frames need not be JSON. */
    isBlank(frame: string): boolean {
        return !(frame.charCodeAt(0) > SPACE) && !this.#allowNonObjects && isSpaces(frame);
    }

    decode(frame: string): Message {
        if (this.enveloped) return parseEnvelope(frame) ?? toMessage(this.decodeValue(frame));
        const data = this.decodeValue(frame);
        return message("message", typeName(data), data);
    }

    decodeValue(frame: string): unknown {
        try {
            return withoutStack(() => JSON.parse(frame) as unknown);
        } catch (cause) {
            if (this.#allowNonObjects) return detach(frame); // the program may keep it: not all of the chunk with it
            // V8 keeps the text with the error that it has made, which may be kept.
            throw badFrameError(
                "the frame is not JSON",
                withoutStack(() => new SyntaxError(messageOf(cause))),
            );
        }
    }

    describe(frame: string): { type: unknown; bytes: number } {
        const json = frame.slice(0, -this.#terminator.text.length);
        const value: unknown = JSON.parse(json);
        const type = this.enveloped ? (value as { type: unknown }).type : typeName(value);
        return { type, bytes: Buffer.byteLength(json) };
    }

    #frame(json: string): string {
        const text = this.#terminator.escape(json);
        // A UTF-16 unit has at most three bytes in UTF-8.
        if (3 * text.length > this.#maxSize) {
            const size = Buffer.byteLength(text);
            if (size > this.#maxSize) throw tooLargeError(String(size), this.#maxSize);
        }
        return text + this.#terminator.text;
    }

    /**
     * Ends an envelope. Its closing brace is appended together with the terminator: one string less to copy. (1 kB messages: 1.04
     * times as many.)
     *
     * @param text - envelope without its closing brace
     */
    #encodeEnvelope(text: string): string {
        const fits = this.#terminator.isSafe && 3 * text.length < this.#maxSize;
        return fits ? text + this.#envelopeEnd : this.#frame(`${text}}`);
    }
}

const CONTROL_TYPES: Readonly<Record<ControlKind, string>> = { ping: PING, pong: PONG, cancel: RESPONSE };

/** Text of these bytes; empty if it is longer than a string can be. */
function textOf(bytes: Buffer): string {
    try {
        return bytes.toString();
    } catch {
        return "";
    }
}

/** True for a whole JSON text. */
function isJson(text: string): boolean {
    try {
        JSON.parse(text);
        return true;
    } catch {
        return false;
    }
}

/** A regular expression would keep the text that it has matched last alive (`RegExp.input` of V8), however long. */
function isSpaces(text: string): boolean {
    for (const character of text) if (!" \t\r\n".includes(character)) return false;
    return true;
}
