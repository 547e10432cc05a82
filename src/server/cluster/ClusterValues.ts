import type { RequestHost } from "../../cluster/requests/RequestHost";
import type { ObjectBuffer } from "../../codec/ObjectBuffer";
import { type InvalidMessage, type Message, invalid } from "../../protocol/Message";
import { toError } from "../../runtime/thrownValues";
import { PreparedMessage, ValueMessage } from "../broadcasts/SharedMessage";

/** Server, for its {@link ClusterValues}. */
export interface ValueServer {
    readonly objectBuffer: ObjectBuffer;
    /** Default timeout of a request, in milliseconds. */
    readonly responseTimeout: number;
    report(error: Error): void;
}

/** Encodes values for other servers, and decodes theirs. */
export class ClusterValues implements RequestHost {
    readonly #server: ValueServer;

    constructor(server: ValueServer) {
        this.#server = server;
    }

    get timeout(): number {
        return this.#server.responseTimeout;
    }

    encode(value: unknown, type: string | undefined): string {
        const { objectBuffer } = this.#server;
        const { json } = objectBuffer;
        if (!json.enveloped) return json.encodeEnvelope(value, type); // not only what its peers can get
        return this.lineOf(new ValueMessage(objectBuffer, value, type));
    }

    /** @returns JSON text with an envelope, or `#` and the base64 text of a frame of the codec `"binary"` */
    lineOf(message: ValueMessage): string {
        const { format, json } = this.#server.objectBuffer;
        if (format?.name === "binary") return `#${(message.encode(format) as Buffer).toString("base64")}`;
        const frame = message.encode(undefined) as string;
        const text = frame.slice(0, -json.terminator.length);
        return json.enveloped ? text : `{"type":${JSON.stringify(message.type)},"data":${text}}`;
    }

    /** Message for clients of this server, from a text of {@link encode} or {@link lineOf}. It can be anything. */
    messageOf(line: string): PreparedMessage {
        const { objectBuffer } = this.#server;
        if (!line.startsWith("#")) return new PreparedMessage(objectBuffer, line);
        return new PreparedMessage(objectBuffer, Buffer.from(line.slice(1), "base64"), objectBuffer.binaryFormat);
    }

    decode(json: string): Message | InvalidMessage {
        return this.#server.objectBuffer.json.decodeEnvelope(json);
    }

    decodeBytes(base64: string): Message | InvalidMessage {
        const [decoded] = this.#server.objectBuffer.binaryFormat.decodeShared(Buffer.from(base64, "base64"));
        return decoded ?? invalid("the frame is empty");
    }

    handlerFailed(thrown: unknown): void {
        this.#server.report(toError(thrown));
    }
}
