import type { Socket } from "node:net";
import type { ConnectionOptions, TlsOptions } from "node:tls";
import { SockhopError } from "../SockhopError";
import type { SockhopServer } from "../server/SockhopServer";
import type { SockhopSession } from "../server/SockhopSession";
import type { FramingOptions } from "../codec/json/JsonCodec";
import type { QueueOptions } from "../client/OfflineQueue";
import type { LimitOptions } from "../connection/limits";
import { path_of } from "../transport/namedSocket";

/** Options that client and server have in common. */
export interface SockhopOptions extends FramingOptions, LimitOptions {
    /** Path of a Unix domain socket. Takes the place of address and port. */
    path?: string | null | undefined;
    /**
     * A name instead of a path, for programs of one user: a socket in a folder that only this user can enter, which is
     * made when a server listens; a pipe on Windows. Letters, digits, `.`, `_` and `-`, at most 64, the first no dot.
     * See {@link path_of}.
     */
    name?: string | null | undefined;
    /**
     * IP address or host name.
     *
     * @default "127.0.0.1"
     */
    address?: string | null | undefined;
    /**
     * TCP port.
     *
     * @default 50000
     */
    port?: number | null | undefined;
    /**
     * What the other end speaks: `"json"` for bare JSON without an envelope (no types, callbacks or answers to pings),
     * for programs that are not sockhop. Anything else means sockhop.
     *
     * @default "Sockhop"
     */
    peer_type?: string | undefined;
    /**
     * Milliseconds for the answer to a request; `Infinity` for no limit.
     *
     * @default 30000
     */
    response_timeout?: number | undefined;
}

/** Options of a {@link SockhopServer}. */
export interface ServerOptions extends SockhopOptions {
    /**
     * TCP port; 0 for a free one, which {@link SockhopServer.get_bound_port} then tells.
     *
     * @default 50000
     */
    port?: number | null | undefined;
    /**
     * The class of the sessions, one for each connection: {@link SockhopSession} or a class that extends it.
     *
     * @default SockhopSession
     */
    session_type?: (new (socket: Socket, server: SockhopServer) => SockhopSession) | undefined;
    /**
     * Milliseconds that `start()` and `end()` of a session may take; `Infinity` for no limit.
     *
     * @default 30000
     */
    session_timeout?: number | undefined;
    /**
     * How many connections there may be at once; further ones are closed as soon as they come, with an `error` event
     * (`ERR_MAX_CONNECTIONS`). Those that are still being closed count, too.
     *
     * @default Infinity
     */
    max_connections?: number | undefined;
    /**
     * Permissions of the Unix domain socket, such as `0o600` for the user alone: connecting needs the right to write.
     * They hold before another process can connect. Without effect on Windows, and refused in a worker of a cluster
     * (`ERR_BAD_OPTION`).
     *
     * @default as the umask of the process has it
     */
    mode?: number | null | undefined;
    /** `true` for TLS; the same as `ssl_options` with a certificate. */
    ssl?: boolean | undefined;
    /**
     * Options of `tls.createServer()`; any member turns TLS on. `key` and `cert`, or `pfx`, are needed. With
     * `requestCert: true` clients have to show a certificate that `ca` has signed, unless `rejectUnauthorized` is
     * `false`. `handshakeTimeout` is 10000 ms unless given.
     */
    ssl_options?: TlsOptions | undefined;
    /** Without effect on a server; accepted because sockhop 1.x documents it. */
    auto_reconnect_interval?: number | undefined;
}

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

/**
 * The options for TLS, if it is wanted at all.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function tlsOptions<O extends object>(ssl: boolean | undefined, options: O | undefined): O | undefined {
    if (options && typeof options !== "object") {
        throw new SockhopError("ssl_options must be an object", "ERR_BAD_OPTION");
    }
    return ssl || (options && Object.keys(options).length > 0) ? ({ ...options } as O) : undefined;
}

/** @throws {@link SockhopError} `ERR_BAD_OPTION` for what are no permissions of a file */
export function permissions(mode: number | null | undefined): number | undefined {
    if (mode === undefined || mode === null) return undefined;
    if (Number.isInteger(mode) && mode >= 0 && mode <= 0o777) return mode + 0; // -0 ends the process (Node 20)
    throw new SockhopError("mode must be permissions of a file, such as 0o600", "ERR_BAD_OPTION");
}

/** @throws {@link SockhopError} `ERR_BAD_OPTION` for what cannot be called with `new` */
export function sessionType(type: ServerOptions["session_type"] | null): ServerOptions["session_type"] {
    if (!type) return undefined;
    try {
        Reflect.construct(Object, [], type); // does not call it
    } catch (cause) {
        throw new SockhopError("session_type must be a class", "ERR_BAD_OPTION", { cause });
    }
    return type;
}

/** @throws {@link SockhopError} `ERR_BAD_OPTION` */
export function queueOptions(queue: boolean | QueueOptions | null | undefined): QueueOptions | undefined {
    if (queue && queue !== true && typeof queue !== "object") {
        throw new SockhopError("queue must be true or an object", "ERR_BAD_OPTION");
    }
    return queue === true ? {} : queue || undefined;
}

/** Where to connect to, or to listen. */
export interface Address {
    path: string | null;
    address: string;
    port: number;
}

/**
 * The place that the options name. As in 1.x anything falsy means the default, except a port that is `NaN` or `""`. The
 * path takes precedence.
 *
 * @param anyPort - whether 0 stands for a free port
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function addressOptions({ path, name, address, port }: SockhopOptions, anyPort: boolean): Address {
    const result = {
        path: path || (name ? path_of(name) : null),
        address: address || "127.0.0.1",
        port: isDefaultPort(port, anyPort) ? 50000 : (port as number),
    };
    checked(result);
    return result;
}

function isDefaultPort(port: unknown, anyPort: boolean): boolean {
    return port === undefined || port === null || port === false || (port === 0 && !anyPort);
}

/**
 * The place that a program has set, with a port that is a number. Node takes strings of digits, too, and 1.x with it.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for what is no path, address or port
 */
export function checked({ path, address, port }: Address): Address {
    if (path) {
        // The name of an abstract socket of Linux begins with a zero.
        if (typeof path !== "string" || path.includes("\0", path.startsWith("\0") ? path.length : 0)) {
            throw new SockhopError("path must be a path", "ERR_BAD_OPTION");
        }
        return { path, address, port };
    }
    if (address && typeof address !== "string") {
        throw new SockhopError("address must be an IP address or a host name", "ERR_BAD_OPTION");
    }
    return { path: null, address, port: portNumber(port) };
}

function portNumber(port: unknown): number {
    const number = typeof port === "string" && port.trim() !== "" ? Number(port) : port;
    if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number < 65536) return number;
    throw new SockhopError("port must be a whole number from 0 to 65535", "ERR_BAD_OPTION");
}
