import type { ByteFrame, Encoder, Frame, Identified } from "../codec/Codec";
import type { Wire, WireFormat } from "../codec/Wire";
import type { MessageEncoder } from "../connection/Connection";
import { SockhopError } from "../SockhopError";

/**
 * Message that waits in a queue until the codec of the next connection is known. Holds the value as it was when the
 * program sent it.
 */
export class Snapshot implements ByteFrame {
    readonly #format: WireFormat;
    readonly #bytes: Buffer;
    /** Set for a call or request. */
    readonly #reply: Identified | undefined;
    readonly #isRequest: boolean;

    constructor(format: WireFormat, bytes: Buffer, reply?: Identified, isRequest = false) {
        this.#format = format;
        this.#bytes = bytes;
        this.#reply = reply;
        this.#isRequest = isRequest;
    }

    get length(): number {
        return this.#bytes.length;
    }

    /**
     * Encodes the message for a connection.
     *
     * @param wire - format of the connection; `undefined` for JSON lines
     * @param encoder - encoder of the connection
     * @throws {@link SockhopError} `ERR_BAD_DATA` if the codec of the connection cannot express the value
     */
    encode(wire: Wire | undefined, encoder: Encoder): Frame {
        if (!this.#reply && wire?.format === this.#format) return this.#bytes;
        const [message] = this.#format.decodeShared(this.#bytes);
        if (message?.kind !== "message") throw new SockhopError("This value cannot be sent later", "ERR_BAD_DATA");
        const { data, type } = message;
        if (!this.#reply) return encoder.encodeMessage(data, type);
        return this.#isRequest
            ? encoder.encodeRequest(data, this.#reply, type)
            : encoder.encodeCall(data, this.#reply, type);
    }
}

/** Encodes messages as {@link Snapshot}. */
export class SnapshotEncoder implements MessageEncoder {
    readonly #format: WireFormat;

    constructor(format: WireFormat) {
        this.#format = format;
    }

    get latestType(): string {
        return this.#format.latestType;
    }

    identify(): void {
        // The encoder of the connection does it.
    }

    encodeMessage(value: unknown, type?: string): Snapshot {
        return new Snapshot(this.#format, this.#format.encodeShared(value, type));
    }

    encodeCall(value: unknown, call: Identified, type?: string): Snapshot {
        return new Snapshot(this.#format, this.#format.encodeShared(value, type), call);
    }

    encodeRequest(value: unknown, request: Identified, type?: string): Snapshot {
        return new Snapshot(this.#format, this.#format.encodeShared(value, type), request, true);
    }
}
