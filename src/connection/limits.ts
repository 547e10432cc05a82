import { SockhopError } from "../SockhopError";
import { milliseconds, positiveNumber } from "../validators";

/** Limits of one connection. */
export interface LimitOptions {
    /**
     * Maximum number of pending replies of one connection (callbacks and requests together), and maximum number of open
     * requests of the peer. Above it, `send()` with a callback and `request()` reject with `ERR_MAX_PENDING`, and a
     * request of the peer fails with an error.
     *
     * @default 100000
     */
    max_pending?: number | undefined;
    /**
     * High-water mark in bytes of the messages that are buffered on one connection. From there on, `slow_consumer`
     * applies. The last message may exceed it.
     *
     * @default 67108864 (64 MiB)
     */
    max_buffered?: number | undefined;
    /**
     * Behavior when `max_buffered` is reached, because the peer reads more slowly than this end sends:
     * - `"wait"`: no message is rejected, the promise of `send()` settles later. A server handles no more messages of
     *   that client in the meantime, so that its calls do not accumulate replies. If eight times `max_buffered` is
     *   reached and there is one more reply to send, client and server destroy the connection with an `error` event
     * - `"drop"`: the message is not sent, and `send()` rejects with `ERR_BUFFER_FULL`
     * - `"disconnect"`: as `"drop"`, and the connection is destroyed with an `error` event
     *
     * @default "wait"
     */
    slow_consumer?: "wait" | "drop" | "disconnect" | undefined;
    /**
     * Maximum time between the first and the last byte of a received frame, in milliseconds. Then the connection is
     * destroyed with an `error` event (`ERR_FRAME_TIMEOUT`). This can happen up to a quarter of the time later, because
     * frames have no timers of their own. A frame that grows by 1 KiB and by 1 % in each quarter of the time does not
     * expire.
     *
     * @default 120000
     */
    frame_timeout?: number | undefined;
}

/** {@link LimitOptions}, validated and with defaults. */
export interface Limits {
    readonly maxPending: number;
    readonly maxBuffered: number;
    readonly slowConsumer: "wait" | "drop" | "disconnect";
    /** In milliseconds. */
    readonly frameTimeout: number;
}

const POLICIES: readonly unknown[] = ["wait", "drop", "disconnect"];

/**
 * Validates the limits of one connection, and adds the defaults.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
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
