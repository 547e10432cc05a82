/** Settles as the promise does, or rejects with the reason of the signal when that is aborted first. */
export async function abortable<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
    let abort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
        abort = () => {
            reject(signal.reason as Error);
        };
    });
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    try {
        return await Promise.race([promise, aborted]);
    } finally {
        signal.removeEventListener("abort", abort);
    }
}
