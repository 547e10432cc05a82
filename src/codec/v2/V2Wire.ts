import type { InvalidMessage, Message } from "../../protocol/Message";
import type { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import { SockhopError } from "../../SockhopError";
import type { ByteFrame, ControlKind, Encoder, Frame, Identified } from "../Encoder";
import { FrameQueue } from "../FrameQueue";
import type { Wire } from "../Wire";
import { Base64 } from "./Base64";
import { NAME, isLayout } from "./layout";
import { describeFrame } from "./readFrame";
import type { V2Format } from "./V2Format";
import { V2Reader } from "./V2Reader";

/** Connection to a peer of sockhop 2.x. Each direction begins with lines, and can change to frames once. */
export class V2Wire extends FrameQueue implements Wire {
    readonly name = NAME;
    readonly reader: V2Reader;
    /** Id of our handshake; `undefined` after its reply. */
    handshakeId: string | undefined;
    /** True if the peer accepts frames, and none was sent. */
    maySendFrames = false;
    #format: V2Format;
    /** False if messages are encoded for a later connection, as JSON lines. */
    isConnected: () => boolean = () => true;

    /** @param format - of lines */
    constructor(format: V2Format) {
        super();
        this.#format = format;
        this.reader = new V2Reader(format.readerParts);
    }

    get format(): V2Format {
        return this.#format;
    }

    get latestType(): string {
        return this.#sendsFrames ? this.#format.latestType : this.#json.latestType;
    }

    get #json(): Encoder<string> {
        return this.#format.json;
    }

    get #sendsFrames(): boolean {
        return this.#format.hasFrames && this.isConnected();
    }

    /** Sends frames from now on. The transition must be the last line before them. */
    startFrames(): void {
        this.maySendFrames = false;
        this.#format = this.#format.frames;
    }

    identify(call: Identified): void {
        this.#json.identify(call);
    }

    encodeMessage(value: unknown, type?: string): Frame {
        if (this.#sendsFrames) return this.#format.encode("message", value, undefined, type);
        return this.#json.encodeMessage(this.#forLine(value, type), type);
    }

    encodeCall(value: unknown, call: Identified, type?: string): Frame {
        if (this.#sendsFrames) return this.#format.encode("call", value, call.uuid, type);
        return this.#json.encodeCall(this.#forLine(value, type), call, type);
    }

    encodeReply(value: unknown, id: unknown, hasUuid: boolean): Frame {
        if (this.#sendsFrames) return this.#format.encode("reply", value, id);
        return this.#json.encodeReply(this.#forLine(value), id, hasUuid);
    }

    /** Throws: sockhop 2.x shows a request to its program as a message, and never responds. */
    encodeRequest(value: unknown, request: Identified, type?: string): Frame {
        if (!this.isConnected()) return this.#json.encodeRequest(value, request, type);
        throw requestError();
    }

    encodeResponse(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): Frame {
        return this.#sendsFrames ? this.#format.encodeResponse(packet) : this.#json.encodeResponse(packet, hasUuid);
    }

    /** Not used, since no request is sent. */
    encodeCancel(request: Identified): Frame {
        return this.#json.encodeCancel(request);
    }

    encodeControl(kind: ControlKind, data: unknown): Frame {
        return this.#sendsFrames ? this.#format.encodeControl(kind, data) : this.#json.encodeControl(kind, data);
    }

    describe(frame: ByteFrame): { type: unknown; bytes: number } {
        const bytes = frame as Buffer;
        // A broadcast can have a line as bytes.
        return isLayout(bytes[4] as number) ? describeFrame(bytes) : this.#json.describe(bytes.toString());
    }

    decodeFrame(frame: Buffer): (Message | InvalidMessage)[] {
        return [this.#format.decode(frame)];
    }

    #forLine(value: unknown, type?: string): unknown {
        return this.isConnected() ? Base64.of(value, type) : value;
    }
}

/** Error of a request to a peer of sockhop 2.x. */
export function requestError(): SockhopError {
    return new SockhopError("The peer is sockhop 2.x, which does not respond to requests", "ERR_REQUEST_TYPE");
}
