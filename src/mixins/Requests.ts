import type { Connection } from "../connection/Connection";
import type { Sender } from "../connection/Sender";
import { checkMethodOptions } from "../diagnostics/unknownOptions";
import { debug } from "../diagnostics/debugLog";
import { type RequestSpan, requests } from "../diagnostics/RequestSpan";
import type { Endpoint } from "../endpoint/Endpoint";
import type { Message, RefusedData } from "../protocol/Message";
import type { SockhopResponsePacket } from "../protocol/SockhopRequest";
import { typeName } from "../protocol/typeName";
import { typeOption } from "../protocol/typeOption";
import { type PendingRequest, PendingResponse, PendingStream } from "../replies/PendingRequest";
import type { WaitOptions } from "../replies/ReplyTimeout";
import type { SockhopResponseReadableStream } from "../replies/responses/ResponseReadableStream";
import { failureOf } from "../replies/responses/failure";
import { CallSite, cutStack } from "../runtime/CallSite";
import { memberOf } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";
import { markHandled } from "../timers/promises";
import { milliseconds } from "../validators";
import type { Constructor } from "./mixin";

/** Options of a request. */
export interface RequestOptions<Type extends string = string> extends WaitOptions {
    /**
     * Type of the request on the wire: `request:TYPE` is emitted at the peer. The names of the library are refused.
     *
     * @default the name of the class of the value
     */
    type?: Type | undefined;
    /**
     * Milliseconds for the whole response, from the end of the tick of the call; `Infinity` for no limit.
     *
     * @default `response_timeout` of the client or server
     */
    timeout?: number | undefined;
    /** Aborting it cancels the request: the stream ends with `ERR_ABORTED`, and the peer gets a cancel message. */
    signal?: AbortSignal | undefined;
}

/** Names of the options of a request. */
const REQUEST_NAMES = ["timeout", "signal", "type"];

/** Methods that {@link Requests} adds to an endpoint. */
export interface Requesting {
    /**
     * Sends a request. Resolves to the stream of its response when the request has been written.
     *
     * @internal
     */
    _request(sender: Sender, value: unknown, options?: RequestOptions | null): Promise<SockhopResponseReadableStream>;

    /**
     * Sends a request. Resolves to the data of the first packet of its response.
     *
     * @internal
     */
    _ask(sender: Sender, value: unknown, options?: RequestOptions | null): Promise<unknown>;
}

/** Adds requests, whose responses are streams. Pending requests are kept on their connection, and fail if it closes. */
export function Requests<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Requesting> {
    abstract class Requests extends Base implements Requesting {
        _request(
            sender: Sender,
            value: unknown,
            options?: RequestOptions | null,
        ): Promise<SockhopResponseReadableStream> {
            const { isConnected } = sender;
            const request = new PendingStream();
            const sent = this.#send(sender, value, request, options);
            if (!sent) return request.promise;
            sent.then(
                () => {
                    request.sent();
                },
                (error: unknown) => {
                    request.fail(error as SockhopError);
                },
            );
            return isConnected || request.isQueued ? markHandled(request.promise) : request.promise;
        }

        _ask(sender: Sender, value: unknown, options?: RequestOptions | null): Promise<unknown> {
            const { isConnected } = sender;
            const request = new PendingResponse();
            const sent = this.#send(sender, value, request, options);
            if (!sent) return request.promise;
            // The promise of the request rejects, too. A failed write closes the connection, which fails the request.
            if (request.isSettled) void markHandled(sent);
            // As in `_request()`. PendingResponse handles later failures.
            const isLost = isConnected ? request.isSettled : request.isQueued;
            return isLost ? markHandled(request.promise) : request.promise;
        }

        /** Sends the request; traces it if the diagnostics channel has subscribers. */
        #send(
            sender: Sender,
            value: unknown,
            request: PendingRequest,
            options?: RequestOptions | null,
        ): Promise<undefined> | undefined {
            if (debug) request.site = new CallSite(this.#methodOf(request));
            if (!requests.hasSubscribers) return this.#transmit(sender, value, request, options);
            sender.encoder.identify(request);
            const span = (request.span = this.#createSpan(
                sender,
                value,
                request,
                memberOf(options, "type") ?? undefined,
            ));
            return span.run(() => this.#transmit(sender, value, request, options));
        }

        #createSpan(
            { socket }: Sender,
            data: unknown,
            { uuid }: PendingRequest,
            type: unknown = typeName(data),
        ): RequestSpan {
            return requests.begin({ endpoint: this, socket, uuid, type: String(type), data });
        }

        /** Sends the request; if it cannot be sent, the request fails. */
        #transmit(
            sender: Sender,
            value: unknown,
            request: PendingRequest,
            options?: RequestOptions | null,
        ): Promise<undefined> | undefined {
            try {
                if (options) {
                    const method = request instanceof PendingStream ? "request" : "ask";
                    checkMethodOptions(options, REQUEST_NAMES, method);
                }
                const { timeout, signal } = options ?? {};
                if (!this._objectBuffer.json.enveloped) {
                    throw new SockhopError("A json peer cannot respond to a request", "ERR_REQUEST_TYPE");
                }
                const type = options ? typeOption(options.type, true) : undefined;
                const { encoder } = sender;
                const frame = encoder.encodeRequest(value === undefined ? {} : value, request, type);
                request.type = encoder.latestType;
                request.limit(this._timers, milliseconds("timeout", timeout, this._limits.responseTimeout), signal);
                return sender.send(frame, request);
            } catch (error) {
                cutStack(error, this.#methodOf(request));
                request.fail(error as SockhopError);
                return undefined;
            }
        }

        // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- see CallSite
        #methodOf(request: PendingRequest): Function {
            return request instanceof PendingStream ? this._request : this._ask; // eslint-disable-line @typescript-eslint/unbound-method -- not called
        }

        protected override _onMessage(connection: Connection, message: Message): void {
            if (message.kind === "response") this.#onResponse(connection, message);
            else if (message.kind === "refused" && message.type === "response") this.#onRefused(connection, message);
            else super._onMessage(connection, message);
        }

        #onRefused({ requests }: Connection, { id, data }: Message): void {
            requests?.get(id)?.onFailure((data as RefusedData).error);
        }

        #onResponse(connection: Connection, { id, data }: Message): void {
            const request = connection.requests?.get(id);
            const packet = data as Partial<SockhopResponsePacket>;
            if (packet.error) request?.onFailure(failureOf(packet.error));
            else request?.receive(packet);
        }

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            for (const request of connection.requests ?? []) {
                request.fail(connection.lostReplyError("request", request.type));
            }
            super._onClose(connection, wasOpen);
        }
    }
    return Requests;
}
