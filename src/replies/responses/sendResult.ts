import type { SockhopResponseWriteableStream } from "./ResponseWriteableStream";

/** Sends the result of a handler: one value, or each value of an async iterable. Rejects if it cannot be sent. */
export async function sendResult(response: SockhopResponseWriteableStream, result: unknown): Promise<void> {
    if (isAsyncIterable(result)) await sendEach(response, result);
    else await response.send(result);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
    return typeof (value as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] === "function";
}

/** Sends each value after the previous one was sent. Ends the iteration when the requester has left. */
async function sendEach(response: SockhopResponseWriteableStream, values: AsyncIterable<unknown>): Promise<void> {
    const iterator = values[Symbol.asyncIterator]();
    const { signal } = response;
    // Without this call, an iterator that waits for its next value would not notice that the requester has left.
    const stop = (): void => {
        void stopSafely(values, iterator);
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    try {
        for await (const value of { [Symbol.asyncIterator]: () => iterator }) await response.write(value);
        await response.end();
    } catch (error) {
        if (!signal.aborted) throw error;
    } finally {
        signal.removeEventListener("abort", stop);
    }
}

async function stopSafely(values: AsyncIterable<unknown>, iterator: AsyncIterator<unknown>): Promise<void> {
    try {
        // The iterator of a stream of Node returns only after its next value.
        const { destroy } = values as { destroy?: unknown };
        if (typeof destroy === "function") destroy.call(values);
        await iterator.return?.();
    } catch {
        // The requester has left, so there is no receiver for this error.
    }
}
