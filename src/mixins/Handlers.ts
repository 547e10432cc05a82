import type { Socket } from "node:net";
import type { Connection } from "../connection/Connection";
import { warn } from "../diagnostics/warning";
import type { Endpoint } from "../endpoint/Endpoint";
import type { HandlerContext } from "../endpoint/Handler";
import type { SockhopRequest } from "../protocol/SockhopRequest";
import type { SockhopResponseWriteableStream } from "../replies/responses/ResponseWriteableStream";
import { checkHandler } from "../replies/responses/checkHandler";
import { sendResult } from "../replies/responses/sendResult";
import { memberOf, messageOf, printable, toError } from "../runtime/thrownValues";
import type { Constructor } from "./mixin";
import type { Responding } from "./Responses";

/** Handler of the requests of one type. The public methods know the types of its arguments. */
type AnyHandler = (data: never, context: never) => unknown;

/** Methods of both ends for functions that handle one type of request. */
export interface Handling {
    /** @internal */
    _handle(type: string, handler: AnyHandler): void;

    /**
     * Removes the handler of a type. Does not end the requests that it is handling.
     *
     * @returns true if there was one
     */
    unhandle(type: string): boolean;
}

/** {@link HandlerContext} of one request. Creates the signal at its first use. */
class Context implements HandlerContext {
    readonly #response: SockhopResponseWriteableStream;

    /** @param more - further members, such as the session */
    constructor(
        readonly type: string,
        readonly socket: Socket,
        response: SockhopResponseWriteableStream,
        more: unknown,
    ) {
        this.#response = response;
        Object.assign(this, more);
    }

    get signal(): AbortSignal {
        return this.#response.signal;
    }
}

/** Adds handlers, one for each type of request. The result of a handler is the response. */
export function Handlers<B extends Constructor<Endpoint & Responding>>(Base: B): B & Constructor<Handling> {
    abstract class Handlers extends Base implements Handling {
        #handlers: Map<string, AnyHandler> | undefined;
        /** Types whose handler has failed without an `error` listener. */
        #warned: Set<string> | undefined;

        /** See {@link Responses}. */
        protected abstract _requestArgs(connection: Connection): unknown[];

        _handle(type: string, handler: AnyHandler): void {
            checkHandler(this.#handlers, type, handler);
            if (!this._objectBuffer.json.enveloped) this._warn('Peers of the type "json" send no requests to handle()');
            (this.#handlers ??= new Map()).set(type, handler);
        }

        unhandle(type: string): boolean {
            return this._self().#handlers?.delete(type) ?? false;
        }

        override _callHandlers(
            connection: Connection,
            request: SockhopRequest,
            response: SockhopResponseWriteableStream,
        ): boolean {
            const handler = this.#handlers?.get(request.type);
            if (!handler) return super._callHandlers(connection, request, response);
            void this.#run(handler, connection, request, response);
            return true;
        }

        override _handledTypes(): string[] {
            return [...(this.#handlers?.keys() ?? []), ...super._handledTypes()];
        }

        override _isHandled(type: string): boolean {
            return this.#handlers?.has(type) === true || super._isHandled(type);
        }

        /** Responds with the result of the handler. Never rejects. */
        async #run(
            handler: AnyHandler,
            connection: Connection,
            { type, data }: SockhopRequest,
            response: SockhopResponseWriteableStream,
        ): Promise<void> {
            connection.runningHandlers += 1;
            try {
                const context = new Context(type, connection.socket, response, this._requestArgs(connection)[0]);
                await sendResult(response, await handler.call(this, data as never, context as never));
            } catch (thrown) {
                if (this._failResponse(connection, response, thrown)) this.#report(connection, type, thrown);
            } finally {
                connection.runningHandlers -= 1;
            }
        }

        /** Emits `error`. Without a listener it emits one process warning per type: requests must not kill a server. */
        #report(connection: Connection, type: string, thrown: unknown): void {
            if (this._emitError(toError(thrown), connection) || this.#warned?.has(type)) return;
            (this.#warned ??= new Set()).add(type);
            const stack = memberOf(thrown, "stack");
            const text = `The handler of ${printable(type)} has failed: ${printable(messageOf(thrown))}`;
            warn(
                `${text} (add an "error" listener to see all errors)`,
                typeof stack === "string" ? { detail: stack } : undefined,
            );
        }
    }
    return Handlers;
}
