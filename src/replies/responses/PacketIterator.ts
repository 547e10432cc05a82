import { markHandled } from "../../timers/promises";

/** Stream that a {@link PacketIterator} reads. */
interface PacketSource<P> {
    /** Reads the next packet; `undefined` at the end. Rejects if the stream has failed. */
    read(): Promise<P | undefined>;
    /** Ends the stream: no packet is needed any more. */
    end(): void;
}

/**
 * Iterator of a response, for `for await`. It is no generator: `return()` of a generator waits for a pending `next()`, and does
 * nothing before the first one, so that the request would not be canceled.
 */
export class PacketIterator<P> implements AsyncIterableIterator<P> {
    readonly #source: PacketSource<P>;
    #isOver = false;

    constructor(source: PacketSource<P>) {
        this.#source = source;
    }

    next(): Promise<IteratorResult<P, undefined>> {
        if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
        const result = this.#source.read().then(
            (value): IteratorResult<P, undefined> => {
                if (value !== undefined) return { done: false, value };
                this.#isOver = true;
                return { done: true, value: undefined };
            },
            (error: unknown) => {
                this.#isOver = true;
                throw error;
            },
        );
        return markHandled(result);
    }

    return(): Promise<IteratorResult<P, undefined>> {
        this.#isOver = true;
        this.#source.end();
        return Promise.resolve({ done: true, value: undefined });
    }

    [Symbol.asyncIterator](): this {
        return this;
    }
}
