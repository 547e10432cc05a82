import { toError, messageOf, codeOf } from "../runtime/thrownValues";
import { milliseconds } from "../validators";
import { SockhopError, type SockhopErrorCode, notConnectedError } from "../SockhopError";
import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import type { JsonCodec } from "../codec/json/JsonCodec";
import type { WaitOptions } from "../replies/ReplyTimeout";
import { type Cancel, type PendingRequest, PendingResponse, PendingStream } from "../replies/PendingRequest";
import type { SockhopResponseReadableStream } from "../replies/ResponseReadableStream";
import { type Responder, SockhopResponseWriteableStream } from "../replies/ResponseWriteableStream";
import { OpenResponses, keyOf } from "../replies/OpenResponses";
import { TypeEventName } from "../emitter/TypeEventName";
import { type RequestSpan, requests, responses } from "../diagnostics/channels";
import {
    type Envelope,
    REQUEST,
    RESPONSE,
    isId,
    isTooLong,
    responseText,
    requestText,
} from "../codec/json/writeEnvelope";
import { throwLater } from "../emitter/emitSafely";
import { isPromise, markHandled } from "../timers/promises";
import { type RemoteFailure, SockhopRequest, SockhopResponsePacket } from "../protocol/SockhopRequest";
import { uuidv4, isUuid } from "../protocol/uuid";
import { typeName } from "../protocol/typeName";
import type { Constructor } from "./mixin";

/** Options of a request. */
export interface RequestOptions extends WaitOptions {
    /**
     * Milliseconds for the whole answer, from the end of the turn in which it was asked for; `Infinity` for no limit.
     *
     * @default `response_timeout` of the client or server
     */
    timeout?: number | undefined;
    /** Gives the request up when it is aborted: the stream ends with `ERR_ABORTED`, and the responder is told. */
    signal?: AbortSignal | undefined;
}

/** What the mixin Requests adds to an endpoint. */
export interface Requesting {
    /**
     * Sends a request and resolves to the stream of its answer when it has been written.
     *
     * @internal
     */
    _request(
        connection: Connection | undefined,
        value: unknown,
        options?: RequestOptions | null,
    ): Promise<SockhopResponseReadableStream>;

    /**
     * Sends a request and resolves to the data of the first piece of its answer.
     *
     * @internal
     */
    _ask(connection: Connection | undefined, value: unknown, options?: RequestOptions | null): Promise<unknown>;
}

/**
 * Adds requests, whose answers are streams.
 *
 * What waits for answers, and what gives them, is kept on its connection, and ends when that ends.
 */
export function Requests<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Requesting> {
    abstract class Requests extends Base implements Requesting {
        /** A request has been handled here: without a handler now, we may only be between two. */
        #handles = false;
        readonly #requestType = new TypeEventName("request");
        readonly #cancel: Cancel = (connection, uuid) => {
            this._sendControl(connection, RESPONSE, new SockhopResponsePacket({ uuid, last: true, cancel: true }));
        };

        _request(
            connection: Connection | undefined,
            value: unknown,
            options?: RequestOptions | null,
        ): Promise<SockhopResponseReadableStream> {
            const request = new PendingStream(uuidv4(), this.#cancel);
            const sent = this.#send(connection, value, request, options);
            if (!sent) return request.promise;
            sent.then(
                () => {
                    request.sent();
                },
                (error: unknown) => {
                    request.fail(error as SockhopError);
                },
            );
            // That there is no connection the sender could have known, unless the queue has taken the request.
            return connection || this._isQueued(request) ? markHandled(request.promise) : request.promise;
        }

        _ask(connection: Connection | undefined, value: unknown, options?: RequestOptions | null): Promise<unknown> {
            const request = new PendingResponse(uuidv4(), this.#cancel);
            const sent = this.#send(connection, value, request, options);
            // A refusal is told by the request. When it is lost on its way the connection ends, and so does the request.
            if (sent && request.settled) void markHandled(sent);
            // As with _request(). When it fails later, see SingleRequest.
            const isLost = connection ? request.settled : this._isQueued(request);
            return isLost ? markHandled(request.promise) : request.promise;
        }

        /** Sends a request, if it can be sent; what is wrong with it is its failure. */
        #send(
            connection: Connection | undefined,
            value: unknown,
            request: PendingRequest,
            options?: RequestOptions | null,
        ): Promise<undefined> | undefined {
            if (!requests.hasSubscribers) return this.#begin(connection, value, request, options);
            const socket = connection?.socket;
            const { uuid } = request;
            request.span = requests.begin({ endpoint: this, socket, uuid, type: typeName(value), data: value });
            return request.span.run(() => this.#begin(connection, value, request, options));
        }

        #begin(
            connection: Connection | undefined,
            value: unknown,
            request: PendingRequest,
            options?: RequestOptions | null,
        ): Promise<undefined> | undefined {
            try {
                const { timeout, signal } = options ?? {};
                if (this._framing.bare)
                    throw new SockhopError("A json peer cannot answer a request", "ERR_REQUEST_TYPE");
                const frame = this._framing.encodeEnvelope(requestText(request.uuid, value === undefined ? {} : value));
                request.limit(this._timers, milliseconds("timeout", timeout, this._responseTimeout), signal);
                return this._carry(connection, frame, request);
            } catch (error) {
                request.fail(error as SockhopError);
                return undefined;
            }
        }

        /** Whether the queue has taken a request: what becomes of it the sender cannot know. */
        protected _isQueued(request: PendingRequest): boolean {
            return request.onQueueError !== undefined;
        }

        /** What the handlers of a request get besides the request and the response. */
        protected abstract _context(connection: Connection): unknown[];

        protected override _onMessage(connection: Connection, envelope: Envelope): void {
            const { type, data } = envelope;
            if (type !== REQUEST && type !== RESPONSE) {
                super._onMessage(connection, envelope);
                return;
            }
            const fault = faultOf(data);
            if (fault !== undefined) this._skip(`a ${type} ${fault}`, connection);
            else if (type === RESPONSE) this.#responded(connection, data as Partial<SockhopResponsePacket>);
            else this.#requested(connection, data as Partial<SockhopRequest>, envelope.isUuid === true);
        }

        /** @param plain - whether the uuid is known to look like one */
        #requested(connection: Connection, fields: Partial<SockhopRequest>, plain: boolean): void {
            // A peer may use numbers. Programs get the string that they are told of.
            const id = fields.uuid || uuidv4();
            const request = SockhopRequest.parse(typeof id === "string" ? fields : { ...fields, uuid: String(id) });
            const respondent = new ResponseSender(connection, this._framing, id, plain || isUuid(id), request.errors);
            if (connection.responses?.get(respondent.key)) {
                this._skip("a request that is open already", connection);
                return;
            }
            const response = SockhopResponseWriteableStream.from_request(request, respondent);
            if (!responses.hasSubscribers) {
                this.#answer(connection, request, response, respondent);
                return;
            }
            const { uuid, type, data } = request;
            respondent.span = responses.begin({ endpoint: this, socket: connection.socket, uuid, type, data });
            respondent.span.run(() => {
                this.#answer(connection, request, response, respondent);
            });
        }

        #answer(
            connection: Connection,
            request: SockhopRequest,
            response: SockhopResponseWriteableStream,
            { key }: ResponseSender,
        ): void {
            const handlers = this.#handlersOf(request.type);
            if (!connection.acceptsRequests) {
                const message = connection.isDraining ? "The connection is being closed" : "Too many open requests";
                this.#fail(connection, response, { code: "ERR_REQUEST_FAILED", message });
            } else if (handlers.length > 0) {
                this.#handles = true;
                connection.openReplies += 1;
                try {
                    for (const handler of handlers) this.#handle(handler, connection, request, response);
                } finally {
                    connection.openReplies -= 1;
                }
                this.#handled(connection, response, key);
            } else if (!this.#handles || this.#listensToRequests()) {
                const message = "Nobody handles requests there";
                this.#fail(connection, response, { code: "ERR_REQUEST_UNHANDLED", message });
            }
        }

        /** Whether other types have handlers, so that there is none for this one, and not only for a moment. */
        #listensToRequests(): boolean {
            return this.eventNames().some((name) => typeof name === "string" && name.startsWith("request:"));
        }

        /** Those for the type; for all types only when there are none, or both would answer. */
        // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as rawListeners() has it
        #handlersOf(type: string): Function[] {
            const event = this.#requestType.name(type);
            const specific = event !== undefined && this.listenerCount(event) > 0;
            return this.rawListeners(specific ? event : "request");
        }

        /** The handlers have returned, most of them after they have answered. */
        #handled(connection: Connection, response: SockhopResponseWriteableStream, key: string): void {
            if (response.ended) connection.endReply();
            else if (connection.state === "closed") response.abandon(notConnectedError());
            else (connection.responses ??= new OpenResponses()).add(key, response);
        }

        /** Answers without the user. A peer that reads no answers gets none. */
        #fail({ overLimit }: Connection, response: SockhopResponseWriteableStream, error: RemoteFailure): void {
            if (!overLimit) void markHandled(response.failWith(error));
        }

        /** Called one by one, and not by emit(), to learn of those that fail later. */
        #handle(
            // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as rawListeners() has it
            handler: Function,
            connection: Connection,
            request: SockhopRequest,
            response: SockhopResponseWriteableStream,
        ): void {
            try {
                const result: unknown = handler.call(this, request, response, ...this._context(connection));
                if (!isPromise(result)) return;
                Promise.resolve(result).catch((error: unknown) => {
                    this.#failed(connection, response, error);
                });
            } catch (error) {
                this.#failed(connection, response, error);
            }
        }

        /** A handler has failed. */
        #failed(connection: Connection, response: SockhopResponseWriteableStream, thrown: unknown): void {
            const error = toError(thrown);
            // One that awaits its writes fails when the requester leaves, or does not read. That must not end the
            // program.
            if (isDeparture(error) && (response.abandoned || !connection.socket.writable)) return;
            if (isRefusal(error) && response.hasRefused(error)) {
                response.abandon(error);
                return;
            }
            try {
                void markHandled(response.fail(error));
            } finally {
                throwLater(thrown);
            }
        }

        #responded(connection: Connection, packet: Partial<SockhopResponsePacket>): void {
            if (packet.cancel) {
                const givenUp = new SockhopError("The requester has given up", "ERR_RESPONSE_SEND");
                connection.responses?.get(keyOf(packet.uuid))?.abandon(givenUp);
                return;
            }
            const request = connection.requests?.get(packet.uuid);
            if (packet.error) request?.onFailure(failure(packet.error));
            else request?.receive(packet);
        }

        protected override _onClose(connection: Connection, opened: boolean): void {
            for (const request of connection.requests ?? []) request.fail(notConnectedError(connection.error));
            for (const response of connection.responses ?? []) response.abandon(notConnectedError());
            super._onClose(connection, opened);
        }
    }
    return Requests;
}

/** The way of an answer back over the connection that the request came from. */
class ResponseSender implements Responder {
    readonly #connection: Connection;
    readonly #framing: JsonCodec;
    /** As the peer has sent it. */
    readonly #uuid: unknown;
    readonly #plain: boolean;
    /** Of the answer among those of the connection. */
    readonly key: string;
    readonly errors: boolean;
    /** There while somebody traces answers. */
    span: RequestSpan | undefined;
    #over = false;

    constructor(connection: Connection, framing: JsonCodec, uuid: unknown, plain: boolean, errors: unknown) {
        this.#connection = connection;
        this.#framing = framing;
        this.#uuid = uuid;
        this.#plain = plain;
        this.key = plain ? (uuid as string) : keyOf(uuid);
        this.errors = errors === true;
    }

    transmit(packet: Partial<SockhopResponsePacket>): Promise<void> {
        packet.uuid = this.#uuid as string;
        const frame = this.#framing.encodeEnvelope(responseText(packet, this.#plain));
        // The `toJSON()` of the value may have ended the answer, or the connection.
        if (this.#over) throw new SockhopError("The response has ended", "ERR_RESPONSE_SEND");
        const refusal = this.#connection.replyError(frame.length);
        if (refusal) throw refusal;
        if (packet.error) this.span?.failed(failure(packet.error));
        return this.#connection.write(frame);
    }

    finished(reason?: Error): void {
        this.#over = true;
        this.#connection.responses?.delete(this.key);
        this.#connection.endReply();
        if (reason) this.span?.failed(reason);
        this.span?.ended();
    }
}

/** What is wrong with the data of a request or of a piece of an answer, if something is. */
function faultOf(data: unknown): string | undefined {
    if (typeof data !== "object" || data === null) return "without data";
    const { uuid, type } = data as { uuid?: unknown; type?: unknown };
    if (!isId(uuid)) return "whose uuid is none";
    return isTooLong(type) ? "whose type is too long" : undefined;
}

/** Whether this is how answering a requester fails that has gone. */
function isDeparture(error: unknown): boolean {
    return (
        error instanceof SockhopError && (error.code === "ERR_RESPONSE_SEND" || error.code === "ERR_SOCKET_DESTROYED")
    );
}

/** Whether an answer was not sent because too much waits. */
function isRefusal(error: unknown): error is SockhopError {
    return error instanceof SockhopError && error.code === "ERR_BUFFER_FULL";
}

/** What a peer says of a request that has failed. It may be anything. */
function failure(said: unknown): SockhopError {
    const known: SockhopErrorCode =
        codeOf(said) === "ERR_REQUEST_UNHANDLED" ? "ERR_REQUEST_UNHANDLED" : "ERR_REQUEST_FAILED";
    return new SockhopError(messageOf(said), known);
}
