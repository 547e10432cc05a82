import { PING, PONG, RESERVED_TYPES, RESPONSE } from "../../protocol/Envelope";
import { type InvalidMessage, type Message, invalid, message, toMessage } from "../../protocol/Message";
import { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import { typeName } from "../../protocol/typeName";
import { messageOf } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";
import type { ClassRegistry } from "../classes";
import type { ControlKind, Encoder } from "../Encoder";
import { assertAwaited, reservedTypeError, tooLargeError } from "../errors";
import { FrameReader } from "../json/FrameReader";
import { toJson } from "../json/stringify";
import { Terminator } from "../json/Terminator";
import type { WireFormat } from "../Wire";
import { Base64 } from "./Base64";
import { BYTES, JSON_CALL, JSON_MESSAGE, JSON_REPLY, MAX_TYPE, NAME } from "./layout";
import { readFrame } from "./readFrame";
import type { V2ReaderParts } from "./V2Reader";
import { V2Wire } from "./V2Wire";
import { payloadSize, writeFrame } from "./writeFrame";

/** Options of a {@link V2Format}, validated. */
export interface V2FormatOptions {
    receiveTerminator: string;
    /** Maximum size of a message in bytes. */
    maxSize: number;
    classes: ClassRegistry | undefined;
    /** Encoder of lines. */
    json: Encoder<string>;
}

const LAYOUTS = { message: JSON_MESSAGE, call: JSON_CALL, reply: JSON_REPLY } as const;

/**
 * Format for peers of sockhop 2.x. It has two forms, each of which is a format for broadcasts: lines, with which each
 * direction begins, and frames.
 */
export class V2Format implements WireFormat {
    readonly name = NAME;
    readonly json: Encoder<string>;
    readonly readerParts: V2ReaderParts;
    /** The same with frames; this object, if it has frames. */
    readonly frames: V2Format;
    readonly #options: V2FormatOptions;
    latestType = "Object";

    /** @param hasFrames - false for lines */
    constructor(
        options: V2FormatOptions,
        readonly hasFrames = false,
    ) {
        const { maxSize, receiveTerminator, json } = options;
        const terminator = new Terminator(receiveTerminator);
        this.#options = options;
        this.json = json;
        this.readerParts = { lines: new FrameReader(terminator, maxSize), terminator, maxSize };
        this.frames = hasFrames ? this : new V2Format(options, true);
    }

    createWire(): V2Wire {
        return new V2Wire(this);
    }

    encodeShared(value: unknown, type?: string): Buffer {
        if (this.hasFrames) return this.encode("message", value, undefined, type);
        const line = this.json.encodeMessage(Base64.of(value, type), type);
        this.latestType = this.json.latestType;
        return Buffer.from(line);
    }

    decodeShared(frame: Buffer): (Message | InvalidMessage)[] {
        if (this.hasFrames) return [this.decode(frame)];
        return [toMessage(JSON.parse(frame.toString()))];
    }

    decodeToResend(frame: Buffer): Message | InvalidMessage | undefined {
        return this.decodeShared(frame)[0];
    }

    /**
     * Encodes a message as a frame.
     *
     * @param id - id of the call
     */
    encode(kind: keyof typeof LAYOUTS, value: unknown, id?: unknown, type?: string): Buffer {
        if (kind !== "reply") assertAwaited(value);
        const name = type ?? this.#options.classes?.typeOf(value) ?? typeName(value);
        this.latestType = name;
        if (RESERVED_TYPES.has(name)) throw reservedTypeError(name);
        const layout = LAYOUTS[kind];
        if (Buffer.isBuffer(value)) return this.#write(layout + BYTES, name, value, id);
        const frame = this.#write(layout, name, Buffer.from(toJson(value)), id);
        this.latestType = name; // `toJSON()` may have sent another message
        return frame;
    }

    encodeControl(kind: ControlKind, data: unknown): Buffer {
        return this.#write(JSON_MESSAGE, kind === "ping" ? PING : PONG, Buffer.from(toJson(data)));
    }

    /** Encodes a packet, for a peer that has sent a request as sockhop 1.x does. */
    encodeResponse(packet: Partial<SockhopResponsePacket>): Buffer {
        return this.#write(JSON_MESSAGE, RESPONSE, Buffer.from(toJson(new SockhopResponsePacket(packet))));
    }

    /** Decodes a frame. Never throws. */
    decode(frame: Buffer): Message | InvalidMessage {
        const decoded = readFrame(frame);
        const { classes } = this.#options;
        if (!classes || decoded.kind === "invalid" || Buffer.isBuffer(decoded.data)) return decoded;
        const { kind, type, data, id, hasUuid, bytes } = decoded;
        try {
            return message(kind, type, classes.revive(type, data), id, hasUuid, bytes);
        } catch (error) {
            return invalid(messageOf(error), type, (error as Error).cause);
        }
    }

    #write(layout: number, type: string, content: Buffer, id?: unknown): Buffer {
        if (Buffer.byteLength(type) > MAX_TYPE) {
            throw new SockhopError(
                `A peer of sockhop 2.x accepts types of at most ${MAX_TYPE} bytes: ${type.slice(0, 40)}…`,
                "ERR_BAD_DATA",
            );
        }
        const parts = { layout, type, content, id };
        const size = payloadSize(parts);
        if (size > this.#options.maxSize) {
            throw tooLargeError(String(size), this.#options.maxSize, `message (${type})`);
        }
        return writeFrame(parts);
    }
}
