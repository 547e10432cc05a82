import type { Socket } from "node:net";
import type { End, Protocol, RequestName, RequestOf, ResponseOf } from "../Protocol";

/** Second argument of a {@link Handler}. */
export interface HandlerContext<Type extends string = string> {
    /** Type name of the request. */
    type: Type;
    /** Aborted when the response is no longer needed: the requester has canceled the request or disconnected. */
    signal: AbortSignal;
    /** Socket of the requester. */
    socket: Socket;
}

/**
 * Response of a {@link Handler}: a value, or an async iterable, each item of which is one packet of a stream. Nothing, if the
 * answer can be `undefined`.
 */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- `() => {}` is a handler, too
export type HandlerResult<Answer> = Answer | AsyncIterable<Answer> | (undefined extends Answer ? void : never);

/**
 * Handles the requests of one type. The returned value, or the value of the returned promise, is the response. An error
 * that it throws fails the request at the requester.
 */
export type Handler<
    P extends Protocol,
    From extends End,
    K extends RequestName<P, From>,
    Context = HandlerContext<K>,
    Data = RequestOf<P, From, K>,
> = (
    data: Data,
    context: Context,
) => HandlerResult<ResponseOf<P, From, K>> | PromiseLike<HandlerResult<ResponseOf<P, From, K>>>;
