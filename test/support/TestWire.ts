import { deserialize, serialize } from "node:v8";
import { SockhopError } from "../../src";
import type { ByteFrame, ControlKind, Frame, Identified } from "../../src/codec/Encoder";
import { ObjectBuffer } from "../../src/codec/ObjectBuffer";
import type { Wire, WireFormat, WireTokens } from "../../src/codec/Wire";
import { type InvalidMessage, type Message, type MessageKind, invalid, message } from "../../src/protocol/Message";
import type { SockhopResponsePacket } from "../../src/protocol/SockhopRequest";

/** First byte of a frame, and number of bytes before its messages: the first one, and their size. */
const MARK = 0xff;
const HEADER = 5;

const json = new ObjectBuffer().json;

/** Encoded message that is not committed yet. */
class TestFrame implements ByteFrame {
    constructor(
        readonly type: string,
        readonly bytes: Buffer,
    ) {}

    get length(): number {
        return this.bytes.length;
    }
}

/** Creates a frame of bytes with these messages, each of the form `[kind, type, data, id]`. */
export function frameOf(...messages: readonly unknown[]): Buffer {
    const body = serialize(messages);
    const frame = Buffer.alloc(HEADER + body.length);
    frame[0] = MARK;
    frame.writeUInt32LE(body.length, 1);
    frame.set(body, HEADER);
    return frame;
}

/**
 * Splits bytes into lines and frames.
 *
 * @param isWhole - true to return the messages of a frame as {@link frameOf} expects them, and not only their data
 */
export function split(bytes: Buffer, isWhole = false): unknown[] {
    const parts: unknown[] = [];
    for (let at = 0; at < bytes.length;) {
        const isFrame = bytes[at] === MARK;
        const end = isFrame ? at + HEADER + bytes.readUInt32LE(at + 1) : bytes.indexOf("\n", at) + 1;
        parts.push(isFrame ? messagesOf(bytes.subarray(at, end), isWhole) : bytes.toString("utf8", at, end));
        at = end;
    }
    return parts;
}

function messagesOf(frame: Buffer, isWhole: boolean): unknown[] {
    const messages = deserialize(frame.subarray(HEADER)) as unknown[][];
    return isWhole ? messages : messages.map(([, , data]) => data);
}

/**
 * Format without a network: frames with the values that V8 can serialize, such as a Map, and no functions. (Only for
 * tests: bytes of a stranger could end the process.)
 */
export class TestFormat implements WireFormat {
    latestType = "";
    /** Wires that were created. */
    readonly wires: TestWire[] = [];

    constructor(readonly name = "test") {}

    encodeShared(value: unknown, type?: string): Buffer {
        return frameOf(["message", this.typeOf(value, type), checked(value)]);
    }

    decodeToResend(frame: Buffer): Message | InvalidMessage | undefined {
        return this.decodeShared(frame)[0];
    }

    decodeShared(frame: Buffer): (Message | InvalidMessage)[] {
        try {
            const messages = deserialize(frame.subarray(HEADER)) as [MessageKind, string, unknown, unknown][];
            return messages.map(([kind, type, data, id]) =>
                (kind as string) === "invalid"
                    ? invalid("it is marked as invalid")
                    : message(kind, type, data, id, false, 1),
            );
        } catch (cause) {
            return [invalid("the frame is not of V8", undefined, cause)];
        }
    }

    createWire(tokens: WireTokens = { own: "0".repeat(16), peer: "1".repeat(16) }): TestWire {
        const wire = new TestWire(this, tokens);
        this.wires.push(wire);
        return wire;
    }

    typeOf(value: unknown, type?: string): string {
        return (this.latestType = type ?? (value as object | null)?.constructor.name ?? "Object");
    }
}

/**
 * Wire without a network. Puts the messages of a tick into one frame, and overwrites the memory that it may use again,
 * so that bytes which are still needed are noticed.
 */
export class TestWire implements Wire {
    readonly name: string;
    /** Arguments of `release()`, in order. */
    readonly releases: boolean[] = [];
    readonly isEncoding = false;
    #messages: unknown[] = [];
    #frames: Buffer[] = [];
    #length = 0;
    /** Bytes that were taken and not released; several if a program sends inside of `socket.write()`. */
    readonly #taken: Buffer[] = [];
    #latestNumber = 0;

    constructor(
        readonly format: TestFormat,
        readonly tokens: WireTokens,
    ) {
        this.name = format.name;
    }

    /** Each frame has memory of its own. */
    get apart(): this {
        return this;
    }

    get latestType(): string {
        return this.format.latestType;
    }

    get length(): number {
        return this.#length;
    }

    identify(call: Identified): void {
        if (typeof call.id === "string" || call.id === 0) call.assign(++this.#latestNumber, this.tokens.own);
    }

    encodeMessage(value: unknown, type?: string): Frame {
        return this.#encode("message", value, undefined, type);
    }

    encodeCall(value: unknown, call: Identified, type?: string): Frame {
        this.identify(call);
        return this.#encode("call", value, call.id, type);
    }

    encodeReply(value: unknown, id: unknown): Frame {
        return this.#encode("reply", value, id);
    }

    encodeRequest(value: unknown, request: Identified, type?: string): Frame {
        this.identify(request);
        return this.#encode("request", { uuid: request.id, data: value, errors: true }, request.id, type);
    }

    encodeResponse(packet: Partial<SockhopResponsePacket>): Frame {
        return this.#encode("response", packet, packet.uuid);
    }

    encodeCancel({ id }: Identified): Frame {
        return this.#encode("cancel", {}, id);
    }

    encodeControl(kind: ControlKind, data: unknown): string {
        return json.encodeControl(kind, data);
    }

    describe(frame: Frame): { type: unknown; bytes: number } {
        if (typeof frame === "string") return json.describe(frame);
        const type = frame instanceof TestFrame ? frame.type : this.format.decodeShared(frame as Buffer)[0]?.type;
        return { type, bytes: frame.length };
    }

    commit(frame: ByteFrame): void {
        this.#length += frame.length;
        if (frame instanceof TestFrame) {
            this.#messages.push(...(deserialize(frame.bytes) as unknown[]));
            return;
        }
        this.#endFrame();
        this.#frames.push(frame as Buffer);
    }

    take(): Buffer {
        this.#endFrame();
        const bytes = Buffer.concat(this.#frames);
        this.#taken.push(bytes);
        this.#frames = [];
        this.#length = 0;
        return bytes;
    }

    release(isWritten: boolean): void {
        this.releases.push(isWritten);
        const bytes = this.#taken.pop();
        if (isWritten) bytes?.fill(0);
    }

    decodeFrame(frame: Buffer): (Message | InvalidMessage)[] {
        return this.format.decodeShared(frame);
    }

    #encode(kind: MessageKind, value: unknown, id?: unknown, type?: string): TestFrame {
        const name = this.format.typeOf(value, type);
        return new TestFrame(name, serialize([[kind, name, checked(value), id]]));
    }

    #endFrame(): void {
        if (this.#messages.length > 0) this.#frames.push(frameOf(...this.#messages));
        this.#messages = [];
    }
}

/** @throws SockhopError `ERR_BAD_DATA` for a value that V8 cannot serialize */
function checked(value: unknown): unknown {
    try {
        serialize(value);
        return value;
    } catch (cause) {
        const error = new SockhopError("V8 cannot serialize the value", "ERR_BAD_DATA");
        error.cause = cause;
        throw error;
    }
}
