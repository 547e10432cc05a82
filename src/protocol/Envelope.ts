/** JSON object around a value on the wire (`docs/protocol.md`). A peer may put a value of any type into any member. */
export interface Envelope {
    /** Class name of the value at the sender, or one of the reserved names below. */
    type: string;
    data?: unknown;
    /** The sender expects a reply with this id. */
    id?: unknown;
    /** This message is the reply to the call with that id. */
    callback_id?: unknown;
}

// Reserved names: messages of these types never reach the user of the other end. Constants, since a bundler may rename classes.
export const PING = "SockhopPing";
export const PONG = "SockhopPong";
export const REQUEST = "SockhopRequest";
export const RESPONSE = "SockhopResponsePacket";
export const RESERVED_TYPES: ReadonlySet<string> = new Set([PING, PONG, REQUEST, RESPONSE]);

/** Longest class name, in characters. */
const MAX_TYPE_LENGTH = 1024;

/** Longest id of a call or request, in characters. A UUID has 36. */
const MAX_ID_LENGTH = 1024;

/** True if a `type` is longer than a class name can be. */
export function isTooLong(type: unknown): boolean {
    return typeof type === "string" && type.length > MAX_TYPE_LENGTH;
}

/** True if this can be the id of a call or request: a reply repeats it, so it is a short string or a finite number. */
export function isId(id: unknown): boolean {
    return !id || Number.isFinite(id) || (typeof id === "string" && id.length <= MAX_ID_LENGTH);
}
