import { tracingChannel } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** The context of a request, in all events of its span. */
export interface RequestDiagnostics {
    endpoint: object;
    socket: Socket | undefined;
    uuid: string;
    /** Class name of the data. */
    type: string;
    data: unknown;
    /** What it has failed with. */
    error?: Error;
    /** What `ask()` has resolved to. */
    result?: unknown;
}

/**
 * A request, from the call (or its arrival) to the end of its answer, on a TracingChannel (Node documentation).
 *
 * @internal
 */
export class RequestSpan {
    readonly #channels: ReturnType<typeof tracingChannel>;
    readonly #context: RequestDiagnostics;
    #over = false;

    constructor(channels: ReturnType<typeof tracingChannel>, context: RequestDiagnostics) {
        this.#channels = channels;
        this.#context = context;
    }

    /** Does the part that is done at once, in the context of those who trace. */
    run<T>(work: () => T): T {
        const { start, end } = this.#channels;
        try {
            return start.runStores(this.#context, work);
        } finally {
            end.publish(this.#context);
        }
    }

    failed(error: Error): void {
        if (this.#over) return;
        this.#context.error = error;
        this.#channels.error.publish(this.#context);
    }

    /** The answer has ended. */
    ended(result?: unknown): void {
        if (this.#over) return;
        this.#over = true;
        if (result !== undefined) this.#context.result = result;
        this.#channels.asyncStart.publish(this.#context);
        this.#channels.asyncEnd.publish(this.#context);
    }
}

/**
 * Gives out spans while somebody listens.
 *
 * @internal
 */
export class RequestChannel {
    readonly #channels;

    /** @param name - of the TracingChannel */
    constructor(name: string) {
        this.#channels = tracingChannel(name);
    }

    /** Whether somebody listens. (Node 20.0 cannot tell it of all channels together.) */
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
 * Requests made here.
 *
 * @internal
 */
export const requests = new RequestChannel("sockhop:request");
/**
 * Requests answered here.
 *
 * @internal
 */
export const responses = new RequestChannel("sockhop:response");
