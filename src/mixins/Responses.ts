import { badFrameError } from "../codec/errors";
import type { Connection } from "../connection/Connection";
import { responses } from "../diagnostics/RequestSpan";
import { TypeEventName } from "../emitter/TypeEventName";
import { throwLater } from "../emitter/emitSafely";
import type { Endpoint } from "../endpoint/Endpoint";
import type { Message, RefusedData } from "../protocol/Message";
import { type RemoteFailure, SockhopRequest } from "../protocol/SockhopRequest";
import { isUuid, uuidv4 } from "../protocol/uuid";
import { OpenResponses, keyOf } from "../replies/responses/OpenResponses";
import { shortType, unhandledFailure } from "../replies/responses/failure";
import { type Listener, ListenerResults } from "../replies/responses/ListenerResults";
import { ResponseSender } from "../replies/responses/ResponseSender";
import { SockhopResponseWriteableStream } from "../replies/responses/ResponseWriteableStream";
import { memberOf, messageOf, toError } from "../runtime/thrownValues";
import { SockhopError, isSockhopError, notConnectedError } from "../SockhopError";
import { isPromise, markHandled } from "../timers/promises";
import type { Constructor } from "./mixin";

/** Members that {@link Responses} adds for other mixins. */
export interface Responding {
    /**
     * Calls the handlers of a request.
     *
     * @returns false if it has none
     * @internal
     */
    _callHandlers(connection: Connection, request: SockhopRequest, response: SockhopResponseWriteableStream): boolean;

    /**
     * Types that have a handler of their own.
     *
     * @internal
     */
    _handledTypes(): string[];

    /**
     * True for one of these types.
     *
     * @internal
     */
    _isHandled(type: string): boolean;

    /**
     * Ends a response whose handler has failed.
     *
     * @returns false if the requester has caused the error, by leaving or by not reading
     * @internal
     */
    _failResponse(connection: Connection, response: SockhopResponseWriteableStream, thrown: unknown): boolean;
}

/** Handles requests of the peer. Open responses are kept on their connection, and are aborted when it closes. */
export function Responses<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Responding> {
    abstract class Responses extends Base implements Responding {
        /** True after the first handled request. A missing handler may then be one that the program is replacing. */
        #hasHandled = false;
        readonly #requestEvent = new TypeEventName("request");
        readonly #listenerResults = new ListenerResults();

        /** Arguments of a request handler after the request and the response. */
        protected abstract _requestArgs(connection: Connection): unknown[];

        protected override _onMessage(connection: Connection, message: Message): void {
            if (message.kind === "request") this.#onRequest(connection, message);
            else if (message.kind === "cancel") this.#onCancel(connection, message);
            else if (message.kind === "refused" && message.type === "request") this.#onRefused(connection, message);
            else super._onMessage(connection, message);
        }

        #onRequest(connection: Connection, message: Message): void {
            // A peer may use numbers as ids. Programs get strings, as declared.
            const fields = message.data as Partial<SockhopRequest>;
            const id = (message.id || uuidv4()) as string | number;
            const isText = typeof fields.uuid === "string" && fields.uuid !== "";
            const request = SockhopRequest.parse(isText ? fields : { ...fields, uuid: String(id) });
            const hasUuid = message.hasUuid || isUuid(id);
            const sender = new ResponseSender(connection, id, hasUuid, request.errors);
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

        /** Responds to a request whose data was refused. */
        #onRefused(connection: Connection, { id, hasUuid, data }: Message): void {
            const { error, errors } = data as RefusedData;
            const sender = new ResponseSender(connection, id, hasUuid, errors);
            const response = SockhopResponseWriteableStream.from_request({ uuid: String(id) }, sender);
            refuse(response, { code: "ERR_REQUEST_FAILED", message: messageOf(error) });
        }

        #respond(
            connection: Connection,
            request: SockhopRequest,
            response: SockhopResponseWriteableStream,
            sender: ResponseSender,
        ): void {
            if (!connection.acceptsRequests) {
                const message = connection.isDraining
                    ? "The connection is closing"
                    : "Too many open requests (max_pending)";
                refuse(response, { code: "ERR_REQUEST_FAILED", message });
                return;
            }
            connection.openReplies += 1;
            let isHandled;
            try {
                isHandled = this._callHandlers(connection, request, response);
            } finally {
                connection.openReplies -= 1;
            }
            if (isHandled) {
                this.#hasHandled = true;
                this.#onHandled(connection, response, sender);
                return;
            }
            const types = this._handledTypes();
            // Without handlers of types, the program may be replacing its general one.
            if (this.#hasHandled && types.length === 0) return;
            const receives = this.listenerCount("receive") > 0;
            refuse(response, unhandledFailure(request.type, types, receives));
        }

        /** Tells of a message whose sender waits for a reply, and of one that was probably meant as a request. */
        protected override _onUnheard(connection: Connection, type: string, isCall: boolean): void {
            super._onUnheard(connection, type, isCall);
            const isHandled = this._isHandled(type);
            if (!isHandled && !isCall) return;
            const mistake = isHandled
                ? "came by send(), and its handler responds to ask()"
                : 'has a callback, and nothing listens for "receive"';
            this._warn(`A message of the type ${shortType(type)} ${mistake}`);
        }

        _callHandlers(
            connection: Connection,
            request: SockhopRequest,
            response: SockhopResponseWriteableStream,
        ): boolean {
            const listeners = this.#listenersOf(request.type);
            // Another listener may respond, so only a single one is expected to.
            const mustRespond = listeners.length === 1;
            for (const listener of listeners) this.#call(listener, mustRespond, connection, request, response);
            return listeners.length > 0;
        }

        _handledTypes(): string[] {
            const prefix = "request:";
            return this.eventNames()
                .filter((name): name is string => typeof name === "string" && name.startsWith(prefix))
                .map((name) => name.slice(prefix.length));
        }

        _isHandled(type: string): boolean {
            return this.#eventOf(type) !== undefined;
        }

        /** Listeners of this type, or the general ones if it has none. Never both, because both would respond. */
        #listenersOf(type: string): Listener[] {
            return this.rawListeners(this.#eventOf(type) ?? "request");
        }

        /** Event of this type; `undefined` if it has no listeners. */
        #eventOf(type: string): string | undefined {
            const event = this.#requestEvent.name(type);
            return event !== undefined && this.listenerCount(event) > 0 ? event : undefined;
        }

        /** Runs after the handlers have returned. Most have responded by then. */
        #onHandled(connection: Connection, response: SockhopResponseWriteableStream, sender: ResponseSender): void {
            if (response.ended) connection.endReply();
            else if (connection.state === "closed") response.abort(notConnectedError());
            else (connection.responses ??= new OpenResponses()).add(sender.key, response);
        }

        /** Calls a listener. `emit()` would not return its promise. */
        #call(
            listener: Listener,
            mustRespond: boolean,
            connection: Connection,
            request: SockhopRequest,
            response: SockhopResponseWriteableStream,
        ): void {
            try {
                const result: unknown = listener.call(this, request, response, ...this._requestArgs(connection));
                if (!isPromise(result)) {
                    if (mustRespond) this.#listenerResults.check(result, false, listener, request, response);
                    return;
                }
                const handled = Promise.resolve(result);
                connection.runningHandlers += 1;
                handled.then(
                    (value) => {
                        connection.runningHandlers -= 1;
                        if (mustRespond) this.#listenerResults.check(value, true, listener, request, response);
                    },
                    (error: unknown) => {
                        connection.runningHandlers -= 1;
                        this.#onListenerError(connection, response, error);
                    },
                );
            } catch (error) {
                this.#onListenerError(connection, response, error);
            }
        }

        #onListenerError(connection: Connection, response: SockhopResponseWriteableStream, thrown: unknown): void {
            if (!this._failResponse(connection, response, thrown)) return;
            if (!this._emitError(toError(thrown), connection)) throwLater(thrown);
        }

        _failResponse(connection: Connection, response: SockhopResponseWriteableStream, thrown: unknown): boolean {
            // A handler that awaits its writes rejects if the requester disconnects or does not read. That must not
            // crash the process.
            if (isDisconnectError(thrown) && (response.isAborted || !connection.isWritable)) return false;
            if (response.isAborted && isAbortError(thrown)) return false; // of work with its signal
            if (isBufferFullError(thrown) && response.isRequesterError(thrown)) {
                response.abort(thrown);
                return false;
            }
            void markHandled(response.fail(thrown as Error));
            return true;
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

/** Responds with an error to a request that no handler gets. As any response, it is sent to a slow peer within limits. */
function refuse(response: SockhopResponseWriteableStream, error: RemoteFailure): void {
    void markHandled(response.failWith(error));
}

/** True for the error of a response whose requester disconnected or canceled. */
function isDisconnectError(error: unknown): boolean {
    return isSockhopError(error) && (error.code === "ERR_RESPONSE_SEND" || error.code === "ERR_SOCKET_DESTROYED");
}

/** True for the error of aborted work: of Node.js, and of a request of ours. */
function isAbortError(error: unknown): boolean {
    return memberOf(error, "name") === "AbortError" || (isSockhopError(error) && error.code === "ERR_ABORTED");
}

/** True for the error of a response that was not sent because of backpressure. */
function isBufferFullError(error: unknown): error is SockhopError {
    return isSockhopError(error) && error.code === "ERR_BUFFER_FULL";
}
