import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import type { ClusterOptions } from "../cluster/ClusterOptions";
import type { Engine } from "../cluster/engine/Engine";
import { isPlain, warnIgnored } from "../diagnostics/unknownOptions";
import type { SockhopOptions } from "../endpoint/options";
import type { ClassesOf, Protocol } from "../Protocol";
import { SockhopError } from "../SockhopError";
import type { SockhopSession } from "./SockhopSession";

/**
 * Class of the sessions of a server.
 *
 * @typeParam P - types of the messages, a {@link Protocol}
 * @typeParam S - the sessions
 */
export type SessionClass<P extends Protocol, S> = new (
    socket: Socket,
    server: any, // eslint-disable-line @typescript-eslint/no-explicit-any -- its own class of servers
) => S & SockhopSession<P>;

/** Options of a {@link SockhopServer}. `P`, `S` and `C` are its type parameters. */
export interface ServerOptions<
    P extends Protocol = any, // eslint-disable-line @typescript-eslint/no-explicit-any -- without a protocol
    S extends SockhopSession<P> = SockhopSession<P>,
    C extends ClassesOf<P> = ClassesOf<P>,
> extends SockhopOptions {
    /** See {@link ClientOptions.classes}. */
    classes?: C | undefined;
    /**
     * TCP port; 0 for a free port, which {@link SockhopServer.get_bound_port} returns.
     *
     * @default 50000
     */
    port?: number | null | undefined;
    /**
     * Class of the sessions: {@link SockhopSession} or a class that extends it. Each connection gets one.
     *
     * @default SockhopSession
     */
    session_type?: SessionClass<P, S> | undefined;
    /**
     * Milliseconds for `start()`, `end()` and `resume()` of a session; `Infinity` for no limit.
     *
     * @default 30000
     */
    session_timeout?: number | undefined;
    /**
     * Number of connections, including those that are closing. The server closes further connections at once, with an
     * `error` event (`ERR_MAX_CONNECTIONS`).
     *
     * @default Infinity
     */
    max_connections?: number | undefined;
    /**
     * Number of sessions whose connection is interrupted and can be resumed, with the option `resume`. The connection of
     * one more session is closed instead.
     *
     * @default 1000
     */
    max_suspended?: number | undefined;
    /**
     * Permissions of the Unix domain socket, such as `0o600` for this user only. Clients need write permission to
     * connect. They apply before another process can connect. No effect on Windows. Rejected in a worker of
     * `node:cluster` (`ERR_BAD_OPTION`).
     *
     * @default depends on the umask of the process
     */
    mode?: number | null | undefined;
    /**
     * `true`: several servers listen on one port, in one process or in many, if all have the option. The system
     * distributes new connections among them. On Linux 3.9 and newer, FreeBSD 12, Solaris 11.4 and AIX 7.2.5, with
     * Node.js 22.12 and newer (23.1 of version 23); elsewhere, and with `path` or `name`, it throws `ERR_BAD_OPTION`.
     *
     * @default false
     */
    reuse_port?: boolean | undefined;
    /**
     * Engine that joins several servers, or {@link ClusterOptions} with an engine: `sendall()` and groups then reach the
     * clients of all of them. See {@link SockhopServer.cluster}.
     */
    cluster?: Engine | ClusterOptions | null | undefined;
    /** `true` turns TLS on. Not needed if `ssl_options` has any member. */
    ssl?: boolean | undefined;
    /**
     * Options of `tls.createServer()`. Any member turns TLS on. Requires `key` and `cert`, or `pfx`. If `requestCert`
     * is `true`, each client needs a certificate that is signed by `ca`, unless `rejectUnauthorized` is `false`. The
     * default of `handshakeTimeout` is 10000 ms.
     */
    ssl_options?: TlsOptions | undefined;
    /** No effect on a server. Accepted because sockhop 1.x documents it. */
    auto_reconnect_interval?: number | undefined;
}

/**
 * Validates the option `mode`.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for a value that is not an integer from 0 to 0o777
 */
export function permissions(mode: number | null | undefined): number | undefined {
    if (mode === undefined || mode === null) return undefined;
    if (Number.isInteger(mode) && mode >= 0 && mode <= 0o777) return mode + 0; // -0 crashes the process (Node 20)
    throw new SockhopError("mode must be file permissions, such as 0o600", "ERR_BAD_OPTION");
}

/**
 * Validates the option `session_type`.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for a value that is not a class of sessions
 */
export function sessionType(type: ServerOptions["session_type"] | null): ServerOptions["session_type"] {
    if (!type) return undefined;
    try {
        Reflect.construct(Object, [], type); // tests for a constructor without calling it
    } catch (cause) {
        throw new SockhopError("session_type must be a class", "ERR_BAD_OPTION", { cause });
    }
    const { _bind } = (type.prototype ?? {}) as Partial<SockhopSession>;
    if (typeof _bind === "function") return type;
    throw new SockhopError("session_type must be a class that extends SockhopSession", "ERR_BAD_OPTION");
}

/**
 * Returns the error of an argument of `listen()`, which has none, if it looks like a port, a path or a callback. Warns of
 * options.
 */
export function listenArgumentError(argument: unknown): SockhopError | undefined {
    if (typeof argument !== "object") {
        const message = "listen() takes no arguments: pass the port or path to the constructor, such as { port: 5000 }";
        return new SockhopError(message, "ERR_BAD_OPTION");
    }
    if (argument && isPlain(argument) && Object.keys(argument).length > 0) {
        warnIgnored(argument, "listen() takes no options, pass them to the constructor");
    }
    return undefined;
}
