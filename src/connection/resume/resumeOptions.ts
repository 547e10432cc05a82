import { isPlain, warnUnknownOptions } from "../../diagnostics/unknownOptions";
import { SockhopError } from "../../SockhopError";
import { isMissing, milliseconds, positiveNumber } from "../../validators";

/** Options of connections that survive the loss of their socket. */
export interface ResumeOptions {
    /**
     * Longest interruption in milliseconds. Then `disconnect` is emitted, with the code `NOT_RESUMED`. Both ends use the
     * smaller of their values. It counts from the first interruption since the peer has acknowledged anything, if there is
     * anything to acknowledge.
     *
     * @default 30000
     */
    timeout?: number | undefined;
    /**
     * Bytes of sent messages that the peer has not acknowledged. Further messages wait until it has, as messages to a
     * peer that reads slowly: see `max_buffered` and `slow_consumer`. The last message may exceed it.
     *
     * @default 16777216 (16 MiB)
     */
    max_bytes?: number | undefined;
    /**
     * Number of sent messages that the peer has not acknowledged, as `max_bytes`.
     *
     * @default 100000
     */
    max_messages?: number | undefined;
}

/** {@link ResumeOptions}, validated and with defaults. */
export interface ResumeLimits {
    /** Milliseconds. */
    readonly timeout: number;
    readonly maxBytes: number;
    readonly maxMessages: number;
}

const RESUME_NAMES: readonly string[] = ["timeout", "max_bytes", "max_messages"] satisfies (keyof ResumeOptions)[];

/**
 * Validates the option `resume`.
 *
 * @returns `undefined` if it is off
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function resumeLimits(resume: unknown): ResumeLimits | undefined {
    if (isMissing(resume) || resume === false) return undefined;
    if (resume !== true && (typeof resume !== "object" || Array.isArray(resume))) {
        throw new SockhopError("resume must be true or { timeout, max_bytes, max_messages }", "ERR_BAD_OPTION");
    }
    const options = resume === true ? {} : (resume as ResumeOptions);
    if (isPlain(options)) warnUnknownOptions(options, RESUME_NAMES, "resume");
    return {
        timeout: milliseconds("timeout of resume", options.timeout, 30_000),
        maxBytes: positiveNumber("max_bytes of resume", options.max_bytes, 16 * 2 ** 20),
        maxMessages: positiveNumber("max_messages of resume", options.max_messages, 100_000),
    };
}
