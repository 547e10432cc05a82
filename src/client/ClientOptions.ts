import type { ConnectionOptions } from "node:tls";
import type { SockhopOptions } from "../endpoint/options";
import type { ClassesOf, Protocol } from "../Protocol";
import { SockhopError } from "../SockhopError";
import type { QueueOptions } from "./queue/OfflineQueue";
import type { ServerAddress } from "./connecting/ServerList";

/** Options of a {@link SockhopClient}. `P` and `C` are its type parameters. */
export interface ClientOptions<
    P extends Protocol = any, // eslint-disable-line @typescript-eslint/no-explicit-any -- without a protocol
    C extends ClassesOf<P> = ClassesOf<P>,
> extends SockhopOptions {
    /**
     * Classes whose instances arrive as instances: `{ Widget, "shop.Order": Order }` with the names that both ends use,
     * or `[Widget, Order]` with their own names. Other names are not revived.
     *
     * Constructors are never called. An instance gets the members that were sent, or is the result of `static
     * fromJSON(data)` of its class, which should validate them. With JSON lines only the value of a message is revived,
     * and no value inside of it.
     *
     * With a protocol, the compiler checks the classes of an object. Without one, `receive:Widget` has the type of the
     * instances.
     */
    classes?: C | undefined;
    /**
     * Servers that are equal, instead of `address`, `port`, `path` and `name`. The client connects to one of them: it tries
     * them one after the other, in an order that each client chooses at random once. `address`, `port` and `path` of
     * the client tell which one.
     *
     * `connect()` tries each once before it rejects. With `auto_reconnect` the next server is tried at once after a lost
     * connection, and a delay follows when each has failed. A connection to another server is a new session. With `resume`,
     * the client tries the server that has the session, and the next one as soon as no process listens there.
     */
    servers?: readonly ServerAddress[] | undefined;
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
     * Milliseconds for one attempt to connect, to one of several `servers`; `Infinity` for the limit of the system.
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
