import type { FramingOptions } from "../codec/ObjectBuffer";
import type { ValueOptions } from "../codec/ValueOptions";
import { type LimitOptions, type Limits, limitsOf } from "../connection/limits";
import { type ResumeLimits, type ResumeOptions, resumeLimits } from "../connection/resume/resumeOptions";
import { SockhopError } from "../SockhopError";
import { isMissing, milliseconds } from "../validators";

/** Options of client and server. */
export interface SockhopOptions extends FramingOptions, ValueOptions, LimitOptions {
    /**
     * `true`: a connection is closed, with `ERR_CODEC`, if the peer does not have the same `codec`. On a client
     * `connect()` rejects then, and on a server there is no session. Otherwise the connection uses JSON lines.
     *
     * @default false
     */
    codec_required?: boolean | undefined;
    /**
     * `true`, or {@link ResumeOptions}: a connection survives the loss of its socket. The client connects again, and both
     * ends send again what the other end has not received: each message arrives once and in order. Without the option at
     * the other end, and with peers of type `"json"`, it has no effect: see `resumable` of client and session.
     *
     * The connection stays open meanwhile: `interrupted` and `resumed` are emitted instead of `disconnect` and `connect`.
     *
     * @default false
     */
    resume?: boolean | ResumeOptions | undefined;
    /** Path of a Unix domain socket. Takes precedence over `name`, `address` and `port`. */
    path?: string | null | undefined;
    /**
     * Name instead of a path, for programs of one user: a Unix domain socket in a folder that only this user can enter,
     * or a pipe on Windows. The server creates the folder when it listens. Letters, digits, `.`, `_` and `-`, at most
     * 64 characters, no leading dot. See {@link path_of}.
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
     * Protocol of the peer: `"json"` for programs that are not sockhop, which send one JSON text per frame, without an
     * envelope (no types, callbacks, requests or pongs). Any other value means sockhop.
     *
     * @default "Sockhop"
     */
    peer_type?: string | undefined;
    /**
     * Milliseconds for the whole response to a request; `Infinity` for no limit.
     *
     * @default 30000
     */
    response_timeout?: number | undefined;
}

/** {@link Limits} of connections, and the timeout of requests. */
export interface EndpointLimits extends Limits {
    /** Milliseconds. */
    readonly responseTimeout: number;
    /** Missing if connections cannot be resumed. */
    readonly resume?: ResumeLimits;
}

/**
 * Validates `codec_required`.
 *
 * @param hasFormat - true if this end has a codec for bytes
 * @throws {@link SockhopError} `ERR_BAD_OPTION`: an option that is ignored would let messages travel without the codec
 */
export function codecRequired(required: unknown, hasFormat: boolean): boolean {
    if (isMissing(required) || required === false) return false;
    if (required !== true) throw new SockhopError("codec_required must be true or false", "ERR_BAD_OPTION");
    if (hasFormat) return true;
    throw new SockhopError('codec_required needs the option codec, such as codec: "binary"', "ERR_BAD_OPTION");
}

/**
 * Validates the options, and applies defaults.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function endpointLimits(options: SockhopOptions): EndpointLimits {
    const responseTimeout = milliseconds("response_timeout", options.response_timeout, 30_000);
    const resume = resumeLimits(options.resume);
    const limits = { ...limitsOf(options), responseTimeout };
    return resume && options.peer_type !== "json" ? { ...limits, resume } : limits;
}
