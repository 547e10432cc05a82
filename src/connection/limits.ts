import { SockhopError } from "../SockhopError";
import { milliseconds, positiveNumber } from "../validators";

/** Bounds on what one connection may cost. */
export interface LimitOptions {
    /**
     * How many answers one connection may wait for (callbacks and requests together), and how many requests of the peer
     * may be open on it. Beyond that `send()` with a callback and `request()` reject with `ERR_MAX_PENDING`; a request
     * of the peer is answered with an error.
     *
     * @default 100000
     */
    max_pending?: number | undefined;
    /**
     * Bytes that may wait to be sent on one connection; then `slow_consumer` decides. One message more may wait than
     * fits.
     *
     * @default 67108864 (64 MiB)
     */
    max_buffered?: number | undefined;
    /**
     * What happens when more than `max_buffered` waits, because the peer reads more slowly than we send:
     * - `"wait"`: the promise of `send()` takes longer, nothing is refused. Meanwhile a server handles nothing more of that
     *   client, so that its calls do not pile up replies. When eight times as much waits, and there is one more reply to
     *   send, the connection is cut, at either end, with an `error` event
     * - `"drop"`: the message is not sent, and `send()` rejects with `ERR_BUFFER_FULL`
     * - `"disconnect"`: that, and the connection is cut, with an `error` event
     *
     * @default "wait"
     */
    slow_consumer?: "wait" | "drop" | "disconnect" | undefined;
    /**
     * Milliseconds from the first byte of a frame that we receive to its last. A peer that takes longer (up to a quarter
     * longer, since frames are not timed one by one) is cut off, with an `error` event (`ERR_FRAME_TIMEOUT`). A frame that
     * grows by 1 KiB and by a hundredth in each quarter of the time goes on.
     *
     * @default 120000
     */
    frame_timeout?: number | undefined;
}

/** {@link LimitOptions}, made complete. */
export interface Limits {
    readonly maxPending: number;
    readonly maxBuffered: number;
    readonly slowConsumer: "wait" | "drop" | "disconnect";
    /** Milliseconds. */
    readonly frameTimeout: number;
}

const POLICIES: readonly unknown[] = ["wait", "drop", "disconnect"];

/** @throws {@link SockhopError} `ERR_BAD_OPTION` */
export function limitsOf(options: LimitOptions): Limits {
    const slowConsumer = options.slow_consumer ?? "wait";
    if (!POLICIES.includes(slowConsumer)) {
        throw new SockhopError(`slow_consumer must be one of ${POLICIES.join(", ")}`, "ERR_BAD_OPTION");
    }
    return {
        maxPending: positiveNumber("max_pending", options.max_pending, 100_000),
        maxBuffered: positiveNumber("max_buffered", options.max_buffered, 64 * 2 ** 20),
        slowConsumer,
        frameTimeout: milliseconds("frame_timeout", options.frame_timeout, 120_000),
    };
}
