import { GraceTimeout } from "./GraceTimeout";

/**
 * Adds a timeout to a promise. Settles as `promise` does, or rejects with `error` after the timeout. A later rejection
 * of `promise` is ignored.
 *
 * @param timeout - in milliseconds
 * @param keepsAlive - true if the process must not exit before the promise settles
 */
export function withTimeout<T>(promise: PromiseLike<T>, timeout: number, error: Error, keepsAlive = false): Promise<T> {
    return new Promise((resolve, reject) => {
        const timer = new GraceTimeout(timeout, () => reject(error));
        if (!keepsAlive) timer.unref();
        Promise.resolve(promise)
            .then(resolve, reject)
            .finally(() => {
                timer.clear();
            });
    });
}

/** True for a promise, or any other object with a method `then`. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
    return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** Returns the same promise. Its rejection is not an unhandled rejection if the caller ignores it. */
export function markHandled<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => undefined);
    return promise;
}

/** Returns a rejected promise that need not be handled. */
export function handledRejection(error: unknown): Promise<never> {
    return markHandled(Promise.reject(error));
}
