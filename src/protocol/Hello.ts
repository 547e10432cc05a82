import { isObject } from "./Message";

/** Bounds of a greeting. */
const MAX_CODECS = 16;
const MAX_CODEC_NAME = 64;
const TOKEN_PATTERN = /^[0-9a-f]{16}$/;
const RESUME_TOKEN_PATTERN = /^[0-9a-f]{32}$/;

/** Version of the greeting that this library sends. A later version adds members, and changes none. */
const VERSION = 1;

/** Id of the pong that carries a greeting. No ping has it, so peers that do not know greetings ignore the pong. */
const HELLO_ID = "sockhop";

/** Greeting: names what the sender can do. Both ends use what both have named. */
export interface Hello {
    /** Names of codecs for bytes; the sender of the first greeting names the best one first. */
    readonly codecs: readonly string[];
    /** Random digits, from which the uuids of the sender's calls and requests follow. */
    readonly token: string;
    /** Set if the sender can resume a connection. */
    readonly resume?: ResumeHello | undefined;
}

/**
 * Member `resume` of a greeting.
 *
 * - A client that asks for resumption sends its `timeout`; a server that agrees answers with a `token` and the timeout of both.
 * - A client that resumes sends the token and its counts, too; a server that resumes answers with a new token and its counts.
 */
export interface ResumeHello {
    /** Longest interruption in milliseconds. */
    readonly timeout: number;
    readonly token?: string;
    /** Number of frames that the sender has received from its peer. */
    readonly received?: number;
    /** Number of frames that the sender has written. */
    readonly sent?: number;
    /** True if a client needs no new session if the old one cannot be resumed. */
    readonly only?: boolean;
}

/** Returns the data of a `SockhopPong` with a greeting. */
export function helloData({ codecs, token, resume }: Hello): object {
    const hello = { version: VERSION, codecs, token, resume };
    // The members of a pong, in the order of 1.x.
    return { _id: HELLO_ID, _created: null, _returned: null, _finished: null, hello };
}

/**
 * Reads a greeting from the data of a `SockhopPong`.
 *
 * @returns `undefined` for a pong without a valid greeting
 */
export function parseHello(data: unknown): Hello | undefined {
    const hello = isObject(data) && Object.hasOwn(data, "hello") ? (data as { hello: unknown }).hello : undefined;
    if (!isObject(hello)) return undefined;
    const { version, codecs, token, resume } = hello as Record<string, unknown>;
    if (typeof version !== "number" || !(version >= VERSION)) return undefined;
    if (typeof token !== "string" || !TOKEN_PATTERN.test(token)) return undefined;
    if (!Array.isArray(codecs) || codecs.length > MAX_CODECS || !codecs.every(isCodecName)) return undefined;
    const resumed = parseResume(resume);
    return resumed ? { codecs, token, resume: resumed } : { codecs, token };
}

/** @returns `undefined` for a member `resume` that is missing or not valid: the peer resumes nothing then */
function parseResume(resume: unknown): ResumeHello | undefined {
    if (!isObject(resume)) return undefined;
    const { timeout, token, received, sent, only } = resume as Record<string, unknown>;
    if (typeof timeout !== "number" || !(timeout >= 0)) return undefined;
    const hasToken = typeof token === "string" && RESUME_TOKEN_PATTERN.test(token);
    if (!hasToken) return { timeout };
    return isCount(received) && isCount(sent)
        ? { timeout, token, received, sent, only: only === true }
        : { timeout, token };
}

/** True for a number of frames. */
export function isCount(value: unknown): value is number {
    return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True for the name of a codec that can be agreed on. */
export function isCodecName(name: unknown): name is string {
    return typeof name === "string" && name !== "" && name.length <= MAX_CODEC_NAME;
}
