/** JSON object around a value on the wire (`docs/protocol.md`). A peer can send any type in any member. */
export interface Envelope {
    /** Class name of the value at the sender, or one of the reserved names below. */
    type: string;
    data?: unknown;
    /** Id of a call: the sender expects a reply with this id. */
    id?: unknown;
    /** Id of the call that this message replies to. */
    callback_id?: unknown;
}

// Reserved names: the peer never delivers messages of these types to its user. Not read from the classes, because a
// bundler can rename classes.
export const PING = "SockhopPing";
export const PONG = "SockhopPong";
export const REQUEST = "SockhopRequest";
export const RESPONSE = "SockhopResponsePacket";
export const RESERVED_TYPES: ReadonlySet<string> = new Set([PING, PONG, REQUEST, RESPONSE]);

/** Maximum length of a class name, in characters. */
const MAX_TYPE_LENGTH = 1024;

/** Maximum length of the id of a call or request, in characters. A UUID has 36. */
const MAX_ID_LENGTH = 1024;

/** True if a `type` exceeds the maximum length of a class name. */
export function isTooLong(type: unknown): boolean {
    return typeof type === "string" && type.length > MAX_TYPE_LENGTH;
}

/**
 * True for a valid id of a call or request, or none. A reply repeats the id, so it must be a short string or a finite
 * number.
 */
export function isId(id: unknown): boolean {
    return !id || Number.isFinite(id) || (typeof id === "string" && id.length <= MAX_ID_LENGTH);
}
