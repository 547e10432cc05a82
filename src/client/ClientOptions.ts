import type { ConnectionOptions } from "node:tls";
import { SockhopError } from "../SockhopError";
import type { SockhopOptions } from "../endpoint/options";
import type { QueueOptions } from "./OfflineQueue";

/** Options of a {@link SockhopClient}. */
export interface ClientOptions extends SockhopOptions {
    /**
     * `true` to connect at once and to stay connected; see {@link Reconnecting.auto_reconnect}.
     *
     * @default false
     */
    auto_reconnect?: boolean | undefined;
    /**
     * Milliseconds between attempts while `auto_reconnect` is on.
     *
     * @default 2000
     */
    auto_reconnect_interval?: number | undefined;
    /**
     * Turns on exponential backoff: after each failure `auto_reconnect_interval` is doubled, up to so many
     * milliseconds, and the pause is a random part of that, so that many clients do not come back all at once.
     *
     * @default no backoff
     */
    auto_reconnect_max_interval?: number | undefined;
    /**
     * `true` for TLS; the same as any member in `ssl_options`.
     *
     * @default false
     */
    ssl?: boolean | undefined;
    /**
     * Options of `tls.connect()`; any member turns TLS on. The server's certificate is checked unless
     * `rejectUnauthorized` is `false`.
     */
    ssl_options?: ConnectionOptions | undefined;
    /**
     * What is sent while the client is not connected waits here and goes out, in order, when it is: `true` for the
     * defaults of {@link QueueOptions}. Without it `send()` rejects at once.
     *
     * @default false
     */
    queue?: boolean | QueueOptions | undefined;
    /**
     * Milliseconds that an attempt to connect may take; `Infinity` to wait for as long as the system does.
     *
     * @default 5000
     */
    connect_timeout?: number | undefined;
}

/** @throws {@link SockhopError} `ERR_BAD_OPTION` */
export function queueOptions(queue: boolean | QueueOptions | null | undefined): QueueOptions | undefined {
    if (queue && queue !== true && typeof queue !== "object") {
        throw new SockhopError("queue must be true or an object", "ERR_BAD_OPTION");
    }
    return queue === true ? {} : queue || undefined;
}
