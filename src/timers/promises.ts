import { GraceTimeout } from "./GraceTimeout";

/**
 * Settles as `promise` does, or rejects with `error` when that takes more than `limit` milliseconds. What the promise
 * does after that is nobody's concern, and no unhandled rejection. The limit does not keep the process alive.
 */
export function withTimeout<T>(promise: PromiseLike<T>, limit: number, error: Error): Promise<T> {
    return new Promise((resolve, reject) => {
        const timer = new GraceTimeout(limit, () => reject(error)).unref();
        Promise.resolve(promise)
            .then(resolve, reject)
            .finally(() => {
                timer.clear();
            });
    });
}

/** Whether a value is a promise of any make. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
    return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** The same promise, whose rejection nobody has to look at. */
export function markHandled<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => undefined);
    return promise;
}
