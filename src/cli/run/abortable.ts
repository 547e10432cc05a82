/** What a promise resolves to, unless the command is to end before that. */
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
