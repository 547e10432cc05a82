import { badFrameError } from "../codec/errors";
import type { Connection } from "../connection/Connection";
import { responses } from "../diagnostics/RequestSpan";
import { TypeEventName } from "../emitter/TypeEventName";
import { throwLater } from "../emitter/emitSafely";
import type { Endpoint } from "../endpoint/Endpoint";
import type { Message } from "../protocol/Message";
import { type RemoteFailure, SockhopRequest } from "../protocol/SockhopRequest";
import { isUuid, uuidv4 } from "../protocol/uuid";
import { OpenResponses, keyOf } from "../replies/OpenResponses";
import { ResponseSender } from "../replies/ResponseSender";
import { SockhopResponseWriteableStream } from "../replies/ResponseWriteableStream";
import { toError } from "../runtime/thrownValues";
import { SockhopError, notConnectedError } from "../SockhopError";
import { isPromise, markHandled } from "../timers/promises";
import type { Constructor } from "./mixin";

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as rawListeners() has it
type Handler = Function;

/** Handles requests of the peer. Open responses are kept on their connection, and are aborted when it closes. */
export function Responses<B extends Constructor<Endpoint>>(Base: B): B {
    abstract class Responses extends Base {
        /** True after the first handled request. A missing handler may then be one that the program is replacing. */
        #hasHandled = false;
        readonly #requestEvent = new TypeEventName("request");

        /** Arguments of a request handler after the request and the response. */
        protected abstract _requestArgs(connection: Connection): unknown[];

        protected override _onMessage(connection: Connection, message: Message): void {
            if (message.kind === "request") this.#onRequest(connection, message);
            else if (message.kind === "cancel") this.#onCancel(connection, message);
            else super._onMessage(connection, message);
        }

        #onRequest(connection: Connection, message: Message): void {
            // A peer may use numbers as ids. Programs get strings, as declared.
            const fields = message.data as Partial<SockhopRequest>;
            const id = (message.id || uuidv4()) as string | number;
            const request = SockhopRequest.parse(typeof id === "string" ? fields : { ...fields, uuid: String(id) });
            const hasUuid = message.hasUuid || isUuid(id);
            const sender = new ResponseSender(connection, this._objectBuffer, id, hasUuid, request.errors);
            if (connection.responses?.get(sender.key)) {
                this._reportError(badFrameError("a request with this id is already open"), connection);
                return;
            }
            const response = SockhopResponseWriteableStream.from_request(request, sender);
            if (!responses.hasSubscribers) {
                this.#respond(connection, request, response, sender);
                return;
            }
            const { uuid, type, data } = request;
            sender.span = responses.begin({ endpoint: this, socket: connection.socket, uuid, type, data });
            sender.span.run(() => {
                this.#respond(connection, request, response, sender);
            });
        }

        #respond(
            connection: Connection,
            request: SockhopRequest,
            response: SockhopResponseWriteableStream,
            { key }: ResponseSender,
        ): void {
            const handlers = this.#handlersOf(request.type);
            if (!connection.acceptsRequests) {
                const message = connection.isDraining
                    ? "The connection is closing"
                    : "Too many open requests (max_pending)";
                this.#refuse(connection, response, { code: "ERR_REQUEST_FAILED", message });
            } else if (handlers.length > 0) {
                this.#hasHandled = true;
                connection.openReplies += 1;
                try {
                    for (const handler of handlers) this.#call(handler, connection, request, response);
                } finally {
                    connection.openReplies -= 1;
                }
                this.#onHandled(connection, response, key);
            } else if (!this.#hasHandled || this.#hasTypeHandlers()) {
                this.#refuse(connection, response, {
                    code: "ERR_REQUEST_UNHANDLED",
                    message: "No handler for this request",
                });
            }
        }

        /** True if any type has a handler of its own. Then this type is really unhandled, not between two handlers. */
        #hasTypeHandlers(): boolean {
            return this.eventNames().some((name) => typeof name === "string" && name.startsWith("request:"));
        }

        /** Handlers of this type, or the general ones if it has none. Never both, because both would respond. */
        #handlersOf(type: string): Handler[] {
            const event = this.#requestEvent.name(type);
            const isSpecific = event !== undefined && this.listenerCount(event) > 0;
            return this.rawListeners(isSpecific ? event : "request");
        }

        /** Runs after the handlers have returned. Most have responded by then. */
        #onHandled(connection: Connection, response: SockhopResponseWriteableStream, key: string): void {
            if (response.ended) connection.endReply();
            else if (connection.state === "closed") response.abort(notConnectedError());
            else (connection.responses ??= new OpenResponses()).add(key, response);
        }

        /** Responds with an error. A peer that does not read gets no response. */
        #refuse({ overLimit }: Connection, response: SockhopResponseWriteableStream, error: RemoteFailure): void {
            if (!overLimit) void markHandled(response.failWith(error));
        }

        /** Calls a handler. `emit()` would not return its promise. */
        #call(
            handler: Handler,
            connection: Connection,
            request: SockhopRequest,
            response: SockhopResponseWriteableStream,
        ): void {
            try {
                const result: unknown = handler.call(this, request, response, ...this._requestArgs(connection));
                if (!isPromise(result)) return;
                Promise.resolve(result).catch((error: unknown) => {
                    this.#onHandlerError(connection, response, error);
                });
            } catch (error) {
                this.#onHandlerError(connection, response, error);
            }
        }

        #onHandlerError(connection: Connection, response: SockhopResponseWriteableStream, thrown: unknown): void {
            const error = toError(thrown);
            // A handler that awaits its writes rejects if the requester disconnects or does not read. That must not
            // crash the process.
            if (isDisconnectError(error) && (response.isAborted || !connection.socket.writable)) return;
            if (isBufferFullError(error) && response.isRequesterError(error)) {
                response.abort(error);
                return;
            }
            try {
                void markHandled(response.fail(error));
            } finally {
                throwLater(thrown);
            }
        }

        #onCancel(connection: Connection, { id }: Message): void {
            const error = new SockhopError("The requester canceled the request", "ERR_RESPONSE_SEND");
            connection.responses?.get(keyOf(id))?.abort(error);
        }

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            for (const response of connection.responses ?? []) response.abort(notConnectedError());
            super._onClose(connection, wasOpen);
        }
    }
    return Responses;
}

/** True for the error of a response whose requester disconnected or canceled. */
function isDisconnectError(error: unknown): boolean {
    return (
        error instanceof SockhopError && (error.code === "ERR_RESPONSE_SEND" || error.code === "ERR_SOCKET_DESTROYED")
    );
}

/** True for the error of a response that was not sent because of backpressure. */
function isBufferFullError(error: unknown): error is SockhopError {
    return error instanceof SockhopError && error.code === "ERR_BUFFER_FULL";
}
