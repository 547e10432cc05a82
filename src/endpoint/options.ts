import type { FramingOptions } from "../codec/ObjectBuffer";
import { type LimitOptions, type Limits, limitsOf } from "../connection/limits";
import { milliseconds } from "../validators";

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

/** {@link Limits} of connections, and of requests. */
export interface EndpointLimits extends Limits {
    /** Milliseconds. */
    readonly responseTimeout: number;
}

/** @throws {@link SockhopError} `ERR_BAD_OPTION` */
export function endpointLimits(options: SockhopOptions): EndpointLimits {
    const responseTimeout = milliseconds("response_timeout", options.response_timeout, 30_000);
    return { ...limitsOf(options), responseTimeout };
}
