import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { SockhopError } from "../SockhopError";
import type { SockhopOptions } from "../endpoint/options";
import type { SockhopServer } from "./SockhopServer";
import type { SockhopSession } from "./SockhopSession";

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
