import { badFrameError, tooLargeError } from "../errors";
import { BinaryWire } from "./BinaryWire";
import { isOneFrame, messageSize } from "./frames";
import { type InvalidMessage, type Message, message } from "../../protocol/Message";
import { giveBack } from "../../runtime/largeMemory";
import { FrameDecoder, uuidsOf } from "./read/FrameDecoder";
import * as $ from "./layout";
import { acquire, discard } from "./write/memory";
import type { BinaryFormatOptions, FormatSettings } from "./settings";
import { ShapeTable } from "./write/Shape";
import { StandIns } from "./StandIns";
import { NO_TOKEN, type WireFormat, type WireTokens } from "../Wire";

/**
 * Format of the codec `"binary"`: frames of bytes with the values of JavaScript, not only those of JSON
 * (`docs/protocol.md`).
 */
export class BinaryFormat implements WireFormat {
    readonly name = "binary";
    readonly settings: FormatSettings;
    readonly decoder: FrameDecoder;
    /** Type of the latest message, for error messages. */
    latestType = "Object";
    /** Decoder of {@link decodeToResend}. */
    #copier: FrameDecoder | undefined;

    constructor(options: BinaryFormatOptions) {
        this.settings = { ...options, shapes: new ShapeTable() };
        this.decoder = new FrameDecoder(options.classes, options.maxSize);
    }

    encodeShared(value: unknown, type?: string): Buffer {
        return this.encodeApart($.MESSAGE, 0, value, type);
    }

    decodeShared(frame: Buffer): (Message | InvalidMessage)[] {
        return this.decoder.decode(frame, uuidsOf({ own: NO_TOKEN, peer: NO_TOKEN }));
    }

    decodeToResend(frame: Buffer): Message | InvalidMessage | undefined {
        this.#copier ??= new FrameDecoder(new StandIns(), this.settings.maxSize, true);
        const [decoded] = this.#copier.decode(frame, uuidsOf({ own: NO_TOKEN, peer: NO_TOKEN }));
        if (decoded?.kind !== "message") return decoded;
        return message("message", decoded.type, StandIns.unwrap(decoded.data, decoded.type));
    }

    /**
     * Checks a frame that another server has encoded, before it is sent as it is.
     *
     * @throws {@link SockhopError} `ERR_OBJECTBUFFER_BAD_BUFFER_DATA` if it is not one frame, `ERR_MESSAGE_TOO_LARGE`
     */
    checkFrame(frame: Buffer): void {
        if (!isOneFrame(frame)) throw badFrameError("it is not one frame");
        const { maxSize } = this.settings;
        if (2 * frame.length <= maxSize) return; // no text is more than twice as long in UTF-8
        const size = messageSize(frame);
        if (size > maxSize) throw tooLargeError(String(size), maxSize);
    }

    createWire(tokens: WireTokens): BinaryWire {
        return new BinaryWire(this, tokens);
    }

    /** Encodes a message as a whole frame in memory of its own. The arguments are those of `FrameBuffer.write()`. */
    encodeApart(head: number, id: number, value: unknown, type?: string, error?: unknown): Buffer {
        const buffer = acquire(this.settings);
        try {
            buffer.write(head, id, value, type, error);
            buffer.commit();
            const taken = buffer.take();
            const bytes = Buffer.from(taken);
            giveBack(taken);
            return bytes;
        } finally {
            this.latestType = buffer.latestType;
            discard(buffer, true);
        }
    }
}
