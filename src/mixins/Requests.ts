import { randomUUID } from "node:crypto";
import { SockhopError, type SockhopErrorCode } from "../SockhopError";
import type { Connection } from "../core/Connection";
import type { Endpoint } from "../core/Endpoint";
import { ignorable, lost } from "../core/Outbox";
import type { WaitOptions } from "../core/Patience";
import { RemoteRequest } from "../core/RemoteRequest";
import type { SockhopResponseReadableStream } from "../core/ResponseReadableStream";
import { SockhopResponseWriteableStream } from "../core/ResponseWriteableStream";
import { type Envelope, REQUEST, RESPONSE, isId, stringify } from "../core/envelope";
import { assertExpressible } from "../core/json";
import { milliseconds } from "../core/limits";
import { asError, surface } from "../core/tell";
import { isPromise } from "../core/within";
import { type RemoteFailure, SockhopRequest, SockhopResponsePacket } from "../protocol/SockhopRequest";
import type { Constructor } from "./mixin";

/** Options of a request. */
export interface RequestOptions extends WaitOptions {
    /**
     * Milliseconds for the whole answer, from the call on; `Infinity` for no limit.
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
        options?: RequestOptions,
    ): Promise<SockhopResponseReadableStream>;
}

/** Resolves to the data of the single packet of an answer. */
export async function single(answer: Promise<SockhopResponseReadableStream>): Promise<unknown> {
    const stream = await answer;
    return ((await stream.next()) as { data: unknown }).data;
}

/**
 * Adds requests, whose answers are streams.
 *
 * Streams of both directions are kept on their connection, and end when it ends.
 */
export function Requests<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Requesting> {
    abstract class Requests extends Base implements Requesting {
        /** A request has been handled here: without a handler now, we may only be between two. */
        #handles = false;

        _request(
            connection: Connection | undefined,
            value: unknown,
            { timeout, signal }: RequestOptions = {},
        ): Promise<SockhopResponseReadableStream> {
            try {
                if (this._bare) throw new SockhopError("A json peer cannot answer a request", "ERR_REQUEST_TYPE");
                assertExpressible(value);
                const data = new SockhopRequest({ uuid: randomUUID(), data: value, errors: true });
                const frame = this._framing.frame(stringify(REQUEST, data));
                const request = new RemoteRequest(data.uuid, (asked, uuid) => {
                    this.#cancel(asked, uuid);
                });
                request.limit(this._deadlines, milliseconds("timeout", timeout, this._responseTimeout), signal);
                this._carry(connection, frame, request).then(
                    () => {
                        request.begun();
                    },
                    (error: unknown) => {
                        request.fail(error as SockhopError);
                    },
                );
                // Without a connection the sender could have known.
                return connection ? ignorable(request.sent) : request.sent;
            } catch (error) {
                return Promise.reject(error);
            }
        }

        #cancel(connection: Connection, uuid: string): void {
            const data = new SockhopResponsePacket({ uuid, last: true, cancel: true });
            this._volunteer(connection, RESPONSE, data);
        }

        /** What the handlers of a request get besides the request and the response. */
        protected abstract _context(connection: Connection): unknown[];

        protected override _received(connection: Connection, envelope: Envelope): void {
            const { type, data } = envelope;
            if (type !== REQUEST && type !== RESPONSE) {
                super._received(connection, envelope);
            } else if (typeof data !== "object" || data === null) {
                this._skip(`a ${type} without data`, connection);
            } else if (!isId((data as { uuid?: unknown }).uuid)) {
                this._skip(`a ${type} whose uuid is none`, connection);
            } else if (type === RESPONSE) {
                this.#responded(connection, SockhopResponsePacket.parse(data));
            } else {
                const request = SockhopRequest.parse(data);
                if (connection.responses?.has(request.uuid)) this._skip("a request that is open already", connection);
                else this.#requested(connection, request);
            }
        }

        #requested(connection: Connection, request: SockhopRequest): void {
            const response = SockhopResponseWriteableStream.from_request(request, {
                errors: request.errors === true,
                transmit: (data) => {
                    const refusal = connection.outbox.refusal();
                    if (refusal) throw refusal;
                    return connection.write(this._framing.frame(stringify(RESPONSE, data)));
                },
                finished: () => {
                    connection.responses?.delete(request.uuid);
                    connection.answered();
                },
            });
            const handlers = this.rawListeners("request");
            if (!connection.receptive) {
                const message = connection.draining ? "The connection is being closed" : "Too many open requests";
                this.#fail(connection, response, { code: "ERR_REQUEST_FAILED", message });
            } else if (handlers.length > 0) {
                this.#handles = true;
                (connection.responses ??= new Map()).set(request.uuid, response);
                for (const handler of handlers) this.#handle(handler, connection, request, response);
            } else if (!this.#handles) {
                const message = "Nobody handles requests there";
                this.#fail(connection, response, { code: "ERR_REQUEST_UNHANDLED", message });
            }
        }

        /** Answers without the user. A peer that reads no answers gets none. */
        #fail({ outbox }: Connection, response: SockhopResponseWriteableStream, error: RemoteFailure): void {
            if (!outbox.full) void ignorable(response.failWith(error));
        }

        /** Called one by one, and not by emit(), to learn of those that fail later. */
        #handle(
            // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as rawListeners() has it
            handler: Function,
            connection: Connection,
            request: SockhopRequest,
            response: SockhopResponseWriteableStream,
        ): void {
            const failed = (error: unknown): void => {
                // A handler that awaits its writes fails when the requester leaves, or does not read. That must not end
                // the program.
                if (isDeparture(error) && (response.abandoned || !connection.socket.writable)) return;
                if (isRefusal(error)) {
                    response.abandon(error);
                    return;
                }
                void ignorable(response.fail(asError(error)));
                surface(error);
            };
            try {
                const result: unknown = handler.call(this, request, response, ...this._context(connection));
                if (isPromise(result)) result.then(undefined, failed);
            } catch (error) {
                failed(error);
            }
        }

        #responded(connection: Connection, packet: SockhopResponsePacket): void {
            if (packet.cancel) {
                const givenUp = new SockhopError("The requester has given up", "ERR_RESPONSE_SEND");
                connection.responses?.get(packet.uuid)?.abandon(givenUp);
                return;
            }
            const stream = connection.requests?.get(packet.uuid);
            if (packet.error) stream?.receive_failure(failure(packet.error));
            else stream?.receive_packet(packet);
        }

        protected override _closed(connection: Connection, opened: boolean): void {
            for (const stream of connection.requests?.values() ?? []) stream.end(lost(connection.error));
            for (const response of connection.responses?.values() ?? []) response.abandon(lost());
            super._closed(connection, opened);
        }
    }
    return Requests;
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

/** What a peer says of a request that has failed. */
function failure({ code, message }: Partial<RemoteFailure>): SockhopError {
    const known: SockhopErrorCode = code === "ERR_REQUEST_UNHANDLED" ? code : "ERR_REQUEST_FAILED";
    return new SockhopError(String(message), known);
}
