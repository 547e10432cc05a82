import { SockhopError } from "../SockhopError";

/** The error of a frame that is no message. */
export function badFrame(fault: string, cause?: unknown): SockhopError {
    const options = cause === undefined ? undefined : { cause };
    return withoutStack(
        () =>
            new SockhopError(
                `Skipping corrupted data in buffer: ${fault}`,
                "ERR_OBJECTBUFFER_BAD_BUFFER_DATA",
                options,
            ),
    );
}

/**
 * Errors that are made in here have no stack. Those of bad frames would all have the same, of our own code, and to collect
 * it makes a bad frame cost twenty times as much as a good one (Node 20: 34 µs instead of 7.5 µs for the two errors).
 */
export function withoutStack<T>(make: () => T): T {
    const { stackTraceLimit } = Error;
    try {
        Error.stackTraceLimit = 0;
    } catch {
        return make(); // frozen, as with --frozen-intrinsics
    }
    try {
        return make();
    } finally {
        Error.stackTraceLimit = stackTraceLimit;
    }
}
