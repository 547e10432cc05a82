import { REQUEST, RESPONSE } from "../../protocol/Envelope";
import type { InvalidMessage, Message } from "../../protocol/Message";
import type { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import type { ByteFrame, ControlKind, Frame, Identified } from "../Encoder";
import type { Wire, WireTokens } from "../Wire";
import type { BinaryFormat } from "./BinaryFormat";
import type { FrameBuffer } from "./write/FrameBuffer";
import { type Uuids, uuidsOf } from "./read/FrameDecoder";
import * as $ from "./layout";
import { acquire, discard } from "./write/memory";

const NOTHING = Buffer.alloc(0);

/**
 * Frames of one connection.
 *
 * Code of the program can run while a message is encoded (a getter, `toJSON()`), and send on the same connection. The
 * inner message is encoded as a frame of its own, which follows the outer message.
 */
export class BinaryWire implements Wire {
    readonly name = "binary";
    readonly format: BinaryFormat;
    readonly #tokens: WireTokens;
    /** Frames of this tick. */
    #buffer: FrameBuffer | undefined;
    /** Frames that were taken, until they are released. */
    #taken: FrameBuffer | undefined;
    #isEncoding = false;
    /** Frames that follow the message that is being encoded, or was encoded last. */
    #pending: Buffer[] | undefined;
    /** Number of the latest call or request. */
    #latestNumber = 0;
    #uuids: Uuids | undefined;
    #apart: BinaryWire | undefined;

    constructor(format: BinaryFormat, tokens: WireTokens) {
        this.format = format;
        this.#tokens = tokens;
    }

    /** A wire that is always encoding, and so encodes each message as a frame of its own. */
    get apart(): BinaryWire {
        if (!this.#apart) {
            this.#apart = new BinaryWire(this.format, this.#tokens);
            this.#apart.#isEncoding = true;
        }
        return this.#apart;
    }

    get isEncoding(): boolean {
        return this.#isEncoding;
    }

    get latestType(): string {
        return this.format.latestType;
    }

    get length(): number {
        let length = this.#buffer?.committed ?? 0;
        if (this.#pending) for (const frame of this.#pending) length += frame.length;
        return length;
    }

    identify(call: Identified): void {
        if (!isNumber(call.id)) call.assign(++this.#latestNumber, this.#tokens.own);
    }

    encodeMessage(value: unknown, type?: string): Frame {
        return this.#encode($.MESSAGE, 0, value, type);
    }

    encodeCall(value: unknown, call: Identified, type?: string): Frame {
        this.identify(call);
        return this.#encode($.CALL, call.id as number, value, type);
    }

    encodeReply(value: unknown, id: unknown, hasUuid: boolean): Frame {
        if (!isNumber(id)) return this.format.settings.json.encodeReply(value, id, hasUuid);
        return this.#encode($.REPLY, id, value);
    }

    encodeRequest(value: unknown, request: Identified, type?: string): Frame {
        this.identify(request);
        return this.#encode($.REQUEST, request.id as number, value, type);
    }

    encodeResponse(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): Frame {
        const id: unknown = packet.uuid;
        if (!isNumber(id)) return this.format.settings.json.encodeResponse(packet, hasUuid);
        const { data = {}, last, empty, error } = packet;
        const hasFailed = Boolean(error);
        const flags = (last ? $.LAST : 0) | (empty ? $.EMPTY : 0) | (hasFailed ? $.FAILED : 0);
        return this.#encode($.RESPONSE | flags, id, data, undefined, hasFailed ? error : undefined);
    }

    encodeCancel(request: Identified): Frame {
        if (!isNumber(request.id)) return this.format.settings.json.encodeCancel(request);
        return this.#encode($.CANCEL, request.id, undefined);
    }

    encodeControl(kind: ControlKind, data: unknown): Frame {
        return this.format.settings.json.encodeControl(kind, data);
    }

    describe(frame: Frame): { type: unknown; bytes: number } {
        if (typeof frame === "string") return this.format.settings.json.describe(frame);
        if (frame instanceof Buffer) return { type: this.format.decodeToResend(frame)?.type, bytes: frame.length };
        const { latestHead, latestType } = frame as ByteFrame & Pick<FrameBuffer, "latestHead" | "latestType">;
        const kind = latestHead & $.KIND;
        const type = kind === $.REQUEST ? REQUEST : kind >= $.RESPONSE ? RESPONSE : latestType;
        return { type, bytes: frame.length };
    }

    commit(frame: ByteFrame): void {
        if (frame === this.#buffer) {
            if (this.#isEncoding) return; // the message was replaced by the one that is being encoded
            this.#buffer.commit();
            this.#appendPending();
        } else if (frame instanceof Buffer) {
            if (this.#isEncoding) (this.#pending ??= []).push(frame);
            else this.#append(frame);
        }
    }

    take(): Buffer {
        const buffer = this.#buffer;
        if (this.#isEncoding) {
            if (!buffer || buffer.isInterrupted) return NOTHING;
            return buffer.interrupt();
        }
        this.#appendPending();
        const frames = this.#buffer;
        if (!frames) return NOTHING;
        if (this.#taken) discard(this.#taken, false);
        this.#buffer = undefined;
        this.#taken = frames;
        return frames.take();
    }

    release(isWritten: boolean): void {
        const taken = this.#taken;
        if (!taken) return;
        this.#taken = undefined;
        discard(taken, isWritten);
    }

    decodeFrame(frame: Buffer): (Message | InvalidMessage)[] {
        this.#uuids ??= uuidsOf(this.#tokens);
        return this.format.decoder.decode(frame, this.#uuids);
    }

    /** Encodes a message behind the committed ones. */
    #encode(head: number, id: number, value: unknown, type?: string, error?: unknown): Frame {
        const { format } = this;
        if (this.#isEncoding) return format.encodeApart(head, id, value, type, error);
        if (this.#pending) this.#appendPending();
        const buffer = (this.#buffer ??= acquire(format.settings));
        this.#isEncoding = true;
        try {
            buffer.write(head, id, value, type, error);
            if (buffer.isInterrupted) return format.encodeApart(head, id, value, type, error);
            format.latestType = buffer.latestType;
            return buffer;
        } catch (thrown) {
            format.latestType = buffer.latestType;
            if (buffer.isInterrupted) buffer.reset(true);
            this.#onFailure(buffer);
            throw thrown;
        } finally {
            this.#isEncoding = false;
            // Frames that were taken meanwhile are a copy. The memory holds nothing of use.
            if (buffer.isInterrupted) buffer.reset(true);
        }
    }

    /** Appends what was sent while a message was encoded that has failed. */
    #onFailure(buffer: FrameBuffer): void {
        this.#isEncoding = false;
        this.#appendPending();
        if (buffer !== this.#buffer || buffer.committed > 0) return;
        this.#buffer = undefined;
        discard(buffer, true);
    }

    #append(frame: Buffer): void {
        if (this.#pending) this.#appendPending();
        (this.#buffer ??= acquire(this.format.settings)).append(frame);
    }

    #appendPending(): void {
        const pending = this.#pending;
        if (!pending) return;
        this.#pending = undefined;
        const buffer = (this.#buffer ??= acquire(this.format.settings));
        for (const frame of pending) buffer.append(frame);
    }
}

function isNumber(id: unknown): id is number {
    return typeof id === "number" && Number.isSafeInteger(id) && id > 0;
}
