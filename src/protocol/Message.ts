import { type Envelope, PING, PONG, REQUEST, RESPONSE, isId, isTooLong } from "./Envelope";
import type { SockhopError } from "../SockhopError";
import { typeName } from "./typeName";
import { isUuid } from "./uuid";

/**
 * Meaning of a message. It is determined once, by the decoder:
 * - `message`: a value of the user; `call`: a value that expects a reply; `reply`: the reply to a call
 * - `request`: a request; `response`: one packet of a response
 * - `ping`, `pong`, `cancel` (the requester no longer needs the response): control messages
 * - `ignored`: a control message without the data that it needs
 * - `refused`: a reply, request or response whose value cannot be made; `type` is that kind, and `data` a {@link RefusedData}
 */
export type MessageKind =
    "message" | "call" | "reply" | "request" | "response" | "ping" | "pong" | "cancel" | "ignored" | "refused";

/**
 * Decoded frame. All messages have the same members in the same order, which keeps their readers fast (one hidden class
 * in V8).
 */
export interface Message {
    readonly kind: MessageKind;
    /** Class name of `data` at the sender, or a reserved name. */
    readonly type: string;
    readonly data: unknown;
    /** Id of this call or request, or of the one that this message belongs to. */
    readonly id: unknown;
    /** True if `id` matches the UUID pattern. Then a reply can repeat it without escaping. */
    readonly hasUuid: boolean;
    /** Size in bytes, if the message was a part of a frame of bytes; 0 if it was a line. */
    readonly bytes: number;
}

/** Data of a message of the kind `refused`. */
export interface RefusedData {
    readonly error: SockhopError;
    /** See {@link Refused.errors}. */
    readonly errors: boolean;
}

/** Decoded frame that is not a message of sockhop. */
export interface InvalidMessage {
    readonly kind: "invalid";
    /** As sent, if there is one. */
    readonly type: unknown;
    readonly fault: string;
    /** Error of the JSON parser, or of code of the program. */
    readonly cause?: unknown;
    /** Set if only the value is invalid. */
    readonly refused?: Refused | undefined;
}

/** Message whose value cannot be made. */
export interface Refused {
    readonly kind: MessageKind;
    readonly id: unknown;
    readonly hasUuid: boolean;
    /** True if the peer accepts an error as response. */
    readonly errors: boolean;
}

/** Creates a {@link Message}. */
export function message(
    kind: MessageKind,
    type: string,
    data: unknown,
    id?: unknown,
    hasUuid = false,
    bytes = 0,
): Message {
    return { kind, type, data, id, hasUuid, bytes };
}

/** Creates an {@link InvalidMessage}. */
export function invalid(fault: string, type?: unknown, cause?: unknown, refused?: Refused): InvalidMessage {
    return { kind: "invalid", type, fault, cause, refused };
}

const NO_ENVELOPE = `the frame is JSON without an envelope: is the option peer_type: "json" missing?`;

/** Classifies a JSON value that should be an {@link Envelope}. */
export function toMessage(value: unknown): Message | InvalidMessage {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return invalid(NO_ENVELOPE);
    const { type: sentType, data, id, callback_id } = value as Record<keyof Envelope, unknown>;
    if (typeof sentType !== "string" && !hasConstructor(data)) return invalid(NO_ENVELOPE, sentType);
    if (isTooLong(sentType)) return invalid("the type of a message is too long", sentType);
    const type = typeof sentType === "string" ? sentType : typeName(data);
    switch (type) {
        case PING:
            return message(isObject(data) ? "ping" : "ignored", type, data);
        case PONG:
            return message(isObject(data) ? "pong" : "ignored", type, data);
        case REQUEST:
        case RESPONSE:
            return toPacket(type, data);
        default:
            if (callback_id) return message("reply", type, data, callback_id);
            if (!id) return message("message", type, data);
            if (!isId(id)) return invalid("the id of a message is not valid", type);
            return message("call", type, data, id, isUuid(id));
    }
}

/** True for an object with a member `constructor`. From it 1.x reads the type, which is not a string then. */
function hasConstructor(data: unknown): boolean {
    return isObject(data) && Object.hasOwn(data, "constructor");
}

/** Classifies a request, or a packet of a response. */
function toPacket(type: string, data: unknown): Message | InvalidMessage {
    if (!isObject(data)) return invalid(`a ${type} has no data`, type);
    const { uuid, type: dataType, cancel } = data as Record<string, unknown>;
    if (!isId(uuid)) return invalid(`the uuid of a ${type} is not valid`, type);
    if (isTooLong(dataType)) return invalid(`the type in a ${type} is too long`, type);
    if (type === REQUEST) return message("request", type, data, uuid, isUuid(uuid));
    return message(cancel ? "cancel" : "response", type, data, uuid);
}

/** True for an object or an array. */
export function isObject(value: unknown): value is object {
    return typeof value === "object" && value !== null;
}
