import { type Message, isObject } from "../../protocol/Message";

/** Types of the messages of the handshake. They are not reserved: a peer of 1.x can have classes with these names. */
export const HANDSHAKE = "SockhopHandshake";
export const TRANSITION = "SockhopBinaryModeTransition";

const PROTOCOL_VERSION = 2;

/** Data of our handshake. The version is that of the release whose protocol this is. */
export const HANDSHAKE_DATA = {
    protocol_version: PROTOCOL_VERSION,
    library_version: "2.1.0",
    request_binary_mode: true,
} as const;

/** True for the call with which an end of sockhop 2.x greets. */
export function isHandshake({ kind, type, data }: Message): boolean {
    return kind === "call" && type === HANDSHAKE && memberOf(data, "protocol_version") === PROTOCOL_VERSION;
}

/** True if the sender of a handshake wants to send frames. */
export function requestsFrames(data: unknown): boolean {
    return memberOf(data, "request_binary_mode") === true;
}

/** True if the sender of a reply to our handshake accepts frames. */
export function allowsFrames(data: unknown): boolean {
    return memberOf(data, "allow_binary_mode") === true;
}

/** Own member of data that a peer has sent. */
function memberOf(data: unknown, name: string): unknown {
    return isObject(data) && Object.hasOwn(data, name) ? (data as Record<string, unknown>)[name] : undefined;
}
