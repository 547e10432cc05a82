import type { ByteFrame, Encoder, Frame, Identified } from "../../codec/Encoder";
import type { Wire, WireFormat } from "../../codec/Wire";
import type { MessageEncoder } from "../../connection/Sender";
import type { InvalidMessage, Message } from "../../protocol/Message";
import { SockhopError, causedBy } from "../../SockhopError";

/** A message in one codec, or the error if the codec cannot express it. */
type Encoded<F> = F | SockhopError;

/**
 * Message that waits in a queue until the codec of the next connection is known. Holds the value as it was when the
 * program sent it, in the codec of the option, or as a line if the codec cannot express it.
 */
export class Snapshot implements ByteFrame {
    readonly #format: WireFormat;
    /** Set if the codec cannot express the value: JSON of shared objects can take exponential time, and is needed seldom. */
    readonly #line: Encoded<string> | undefined;
    readonly #bytes: Encoded<Buffer>;
    /** Set for a call or request. */
    readonly #reply: Identified | undefined;
    readonly #isRequest: boolean;

    constructor(
        format: WireFormat,
        line: Encoded<string> | undefined,
        bytes: Encoded<Buffer>,
        reply?: Identified,
        isRequest = false,
    ) {
        this.#format = format;
        this.#line = line;
        this.#bytes = bytes;
        this.#reply = reply;
        this.#isRequest = isRequest;
    }

    get length(): number {
        return (this.#line === undefined ? 0 : sizeOf(this.#line)) + sizeOf(this.#bytes);
    }

    /**
     * Encodes the message for a connection.
     *
     * @param wire - format of the connection; `undefined` for JSON lines
     * @param encoder - encoder of the connection
     * @throws {@link SockhopError} if the codec of the connection cannot express the value
     */
    encode(wire: Wire | undefined, encoder: Encoder): Frame {
        if (!wire && this.#line !== undefined) return valueOf(this.#line);
        const bytes = valueOf(this.#bytes);
        if (!this.#reply && wire?.format === this.#format) return bytes;
        const message = this.#format.decodeToResend(bytes, wire?.format);
        if (message?.kind !== "message") throw resendError(message);
        const { data, type } = message;
        if (!this.#reply) return encoder.encodeMessage(data, type);
        return this.#isRequest
            ? encoder.encodeRequest(data, this.#reply, type)
            : encoder.encodeCall(data, this.#reply, type);
    }
}

/** Encodes messages as {@link Snapshot}. The methods throw only if no codec can express the value. */
export class SnapshotEncoder implements MessageEncoder {
    readonly #format: WireFormat;
    readonly #json: Encoder<string>;

    constructor(format: WireFormat, json: Encoder<string>) {
        this.#format = format;
        this.#json = json;
    }

    get latestType(): string {
        return this.#format.latestType;
    }

    identify(): void {
        // The encoder of the connection does it.
    }

    encodeMessage(value: unknown, type?: string): Snapshot {
        return this.#encode(() => this.#json.encodeMessage(value, type), value, type);
    }

    encodeCall(value: unknown, call: Identified, type?: string): Snapshot {
        return this.#encode(() => this.#json.encodeCall(value, call, type), value, type, call);
    }

    encodeRequest(value: unknown, request: Identified, type?: string): Snapshot {
        return this.#encode(() => this.#json.encodeRequest(value, request, type), value, type, request, true);
    }

    #encode(line: () => string, value: unknown, type?: string, reply?: Identified, isRequest?: boolean): Snapshot {
        const bytes = attempt(() => this.#format.encodeShared(value, type));
        const text = bytes instanceof SockhopError ? attempt(line) : undefined;
        if (text instanceof SockhopError && bytes instanceof SockhopError) throw bytes;
        return new Snapshot(this.#format, text, bytes, reply, isRequest);
    }
}

/** Error of a message that cannot be decoded to be encoded again. */
function resendError(decoded: Message | InvalidMessage | undefined): SockhopError {
    const text = "This value cannot be sent over another connection";
    if (decoded?.kind !== "invalid") return new SockhopError(text, "ERR_BAD_DATA");
    const { fault, cause } = decoded;
    return new SockhopError(`${text}: ${fault}`, "ERR_BAD_DATA", causedBy(cause));
}

function attempt<F>(encode: () => F): Encoded<F> {
    try {
        return encode();
    } catch (error) {
        if (error instanceof SockhopError) return error;
        throw error; // there is no memory for the frame
    }
}

function valueOf<F>(encoded: Encoded<F>): F {
    if (encoded instanceof SockhopError) throw encoded;
    return encoded;
}

function sizeOf(encoded: Encoded<{ readonly length: number }>): number {
    return encoded instanceof SockhopError ? 0 : encoded.length;
}
