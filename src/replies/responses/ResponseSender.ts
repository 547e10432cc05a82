import type { Encoder, Frame } from "../../codec/Encoder";
import type { RequestSpan } from "../../diagnostics/RequestSpan";
import type { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import { SockhopError } from "../../SockhopError";
import { failureOf } from "./failure";
import { type OpenResponses, keyOf } from "./OpenResponses";
import type { Responder } from "./ResponseWriteableStream";

/** Connection that a request arrived on. */
export interface ResponseHost {
    responses: OpenResponses | undefined;
    readonly replyEncoder: Pick<Encoder, "encodeResponse">;
    /** Error if one more reply of this many characters cannot be sent. */
    replyError(size: number): SockhopError | undefined;
    reply(frame: Frame): Promise<undefined>;
    /** Reports that a reply is no longer open. */
    endReply(): void;
}

/** Sends the frames of one response over the connection of its request. */
export class ResponseSender implements Responder {
    readonly #connection: ResponseHost;
    /** Request id as the peer has sent it, of any type. */
    readonly #uuid: unknown;
    readonly #hasUuid: boolean;
    readonly errors: boolean;
    /** Set if the response is traced. */
    span: RequestSpan | undefined;
    #isFinished = false;

    constructor(connection: ResponseHost, uuid: unknown, hasUuid: boolean, errors: unknown) {
        this.#connection = connection;
        this.#uuid = uuid;
        this.#hasUuid = hasUuid;
        this.errors = errors === true;
    }

    /** Key of the response among the open ones of the connection. */
    get key(): string {
        return this.#hasUuid ? (this.#uuid as string) : keyOf(this.#uuid);
    }

    transmit(packet: Partial<SockhopResponsePacket>): Promise<void> {
        packet.uuid = this.#uuid as string;
        const frame = this.#connection.replyEncoder.encodeResponse(packet, this.#hasUuid);
        // `toJSON()` of the value may have ended the response, or closed the connection.
        if (this.#isFinished) throw new SockhopError("The response has ended", "ERR_RESPONSE_SEND");
        const error = this.#connection.replyError(frame.length);
        if (error) throw error;
        if (packet.error) this.span?.failed(failureOf(packet.error));
        return this.#connection.reply(frame);
    }

    finished(reason?: Error): void {
        this.#isFinished = true;
        if (this.#connection.responses) this.#connection.responses.delete(this.key);
        this.#connection.endReply();
        if (reason) this.span?.failed(reason);
        this.span?.ended();
    }
}
