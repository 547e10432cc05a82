import type { ConnectionOptions } from "node:tls";
import type { SockhopOptions } from "../endpoint/options";
import { SockhopError } from "../SockhopError";
import type { QueueOptions } from "./OfflineQueue";

/** Options of a {@link SockhopClient}. */
export interface ClientOptions extends SockhopOptions {
    /**
     * `true` to connect at once, and again after each lost connection. See {@link Reconnecting.auto_reconnect}.
     *
     * @default false
     */
    auto_reconnect?: boolean | undefined;
    /**
     * Milliseconds between two attempts of `auto_reconnect`.
     *
     * @default 2000
     */
    auto_reconnect_interval?: number | undefined;
    /**
     * Maximum milliseconds between two attempts. Turns on exponential backoff with full jitter: each failure doubles
     * `auto_reconnect_interval` up to this maximum, and the delay is a random part of it, so that many clients do not
     * reconnect at the same time.
     *
     * @default no backoff
     */
    auto_reconnect_max_interval?: number | undefined;
    /**
     * `true` turns TLS on. Not needed if `ssl_options` has any member.
     *
     * @default false
     */
    ssl?: boolean | undefined;
    /**
     * Options of `tls.connect()`. Any member turns TLS on. The client verifies the certificate of the server, unless
     * `rejectUnauthorized` is `false`.
     */
    ssl_options?: ConnectionOptions | undefined;
    /**
     * Queues messages while the client is not connected, and sends them in order after `connect`. `true` for the
     * defaults of {@link QueueOptions}. Without a queue `send()` rejects at once.
     *
     * @default false
     */
    queue?: boolean | QueueOptions | undefined;
    /**
     * Milliseconds for one attempt to connect; `Infinity` for the limit of the system.
     *
     * @default 5000
     */
    connect_timeout?: number | undefined;
}

/**
 * Validates the option `queue`.
 *
 * @returns `undefined` if there is no queue
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function queueOptions(queue: boolean | QueueOptions | null | undefined): QueueOptions | undefined {
    if (queue && queue !== true && typeof queue !== "object") {
        throw new SockhopError("queue must be true or an object", "ERR_BAD_OPTION");
    }
    return queue === true ? {} : queue || undefined;
}
