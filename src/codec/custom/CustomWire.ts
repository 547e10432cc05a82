import type { InvalidMessage, Message } from "../../protocol/Message";
import type { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import type { ControlKind, Frame, Identified } from "../Encoder";
import type { Wire, WireTokens } from "../Wire";
import type { CustomFormat } from "./CustomFormat";
import { typeIn } from "./customFrames";
import { FrameQueue } from "../FrameQueue";

/** Frames of one connection with a codec of the program. */
export class CustomWire extends FrameQueue implements Wire {
    readonly format: CustomFormat;
    readonly #tokens: WireTokens;
    /** Number of the latest call or request. */
    #latestNumber = 0;

    constructor(format: CustomFormat, tokens: WireTokens) {
        super();
        this.format = format;
        this.#tokens = tokens;
    }

    get name(): string {
        return this.format.name;
    }

    get latestType(): string {
        return this.format.latestType;
    }

    identify(call: Identified): void {
        if (typeof call.id !== "number" || call.id === 0) call.assign(++this.#latestNumber, this.#tokens.own);
    }

    encodeMessage(value: unknown, type?: string): Frame {
        return this.format.encode("message", 0, value, type);
    }

    encodeCall(value: unknown, call: Identified, type?: string): Frame {
        this.identify(call);
        return this.format.encode("call", call.id as number, value, type);
    }

    encodeReply(value: unknown, id: unknown, hasUuid: boolean): Frame {
        if (typeof id !== "number") return this.format.json.encodeReply(value, id, hasUuid);
        return this.format.encode("reply", id, value);
    }

    encodeRequest(value: unknown, request: Identified, type?: string): Frame {
        this.identify(request);
        return this.format.encode("request", request.id as number, value, type);
    }

    encodeResponse(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): Frame {
        const id: unknown = packet.uuid;
        if (typeof id !== "number") return this.format.json.encodeResponse(packet, hasUuid);
        const { data = {}, last = false, empty = false, error } = packet;
        return this.format.encode("response", id, data, undefined, { last, empty, error });
    }

    encodeCancel(request: Identified): Frame {
        if (typeof request.id !== "number") return this.format.json.encodeCancel(request);
        return this.format.encode("cancel", request.id, null, undefined, { empty: true });
    }

    encodeControl(kind: ControlKind, data: unknown): Frame {
        return this.format.json.encodeControl(kind, data);
    }

    describe(frame: Frame): { type: unknown; bytes: number } {
        if (typeof frame === "string") return this.format.json.describe(frame);
        return { type: typeIn(frame as Buffer), bytes: frame.length };
    }

    decodeFrame(frame: Buffer): (Message | InvalidMessage)[] {
        return this.format.decode(frame, this.#tokens.peer);
    }
}
