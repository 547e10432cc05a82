import { tracingChannel } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** Context of one request, in all events of its span. */
export interface RequestDiagnostics {
    endpoint: object;
    socket: Socket | undefined;
    uuid: string;
    /** Class name of the data. */
    type: string;
    data: unknown;
    /** Error with which the request has failed. */
    error?: Error;
    /** Value to which `ask()` has resolved. */
    result?: unknown;
}

/**
 * Publishes one request on a TracingChannel (documentation of Node), from its call or arrival to the end of its
 * response.
 *
 * @internal
 */
export class RequestSpan {
    readonly #channels: ReturnType<typeof tracingChannel>;
    readonly #context: RequestDiagnostics;
    #hasEnded = false;

    constructor(channels: ReturnType<typeof tracingChannel>, context: RequestDiagnostics) {
        this.#channels = channels;
        this.#context = context;
    }

    /** Runs the synchronous part of the request in the context of the subscribers. */
    run<T>(work: () => T): T {
        const { start, end } = this.#channels;
        try {
            return start.runStores(this.#context, work);
        } finally {
            end.publish(this.#context);
        }
    }

    /** Publishes the error of the request. Has no effect after `ended()`. */
    failed(error: Error): void {
        if (this.#hasEnded) return;
        this.#context.error = error;
        this.#channels.error.publish(this.#context);
    }

    /** Publishes the end of the response. Later calls have no effect. */
    ended(result?: unknown): void {
        if (this.#hasEnded) return;
        this.#hasEnded = true;
        if (result !== undefined) this.#context.result = result;
        this.#channels.asyncStart.publish(this.#context);
        this.#channels.asyncEnd.publish(this.#context);
    }
}

/**
 * TracingChannel of requests. Creates a span for each.
 *
 * @internal
 */
export class RequestChannel {
    readonly #channels;

    /** @param name - name of the TracingChannel */
    constructor(name: string) {
        this.#channels = tracingChannel(name);
    }

    /** True if there is a subscriber. (In Node 20.0, a TracingChannel has no `hasSubscribers` of its own.) */
    get hasSubscribers(): boolean {
        const { start, end, asyncStart, asyncEnd, error } = this.#channels;
        return (
            start.hasSubscribers ||
            end.hasSubscribers ||
            asyncStart.hasSubscribers ||
            asyncEnd.hasSubscribers ||
            error.hasSubscribers
        );
    }

    begin(context: RequestDiagnostics): RequestSpan {
        return new RequestSpan(this.#channels, context);
    }
}

/**
 * Requests that this process sends.
 *
 * @internal
 */
export const requests = new RequestChannel("sockhop:request");
/**
 * Requests that this process handles.
 *
 * @internal
 */
export const responses = new RequestChannel("sockhop:response");
