import { SockhopError } from "../SockhopError";
import { typeName } from "../protocol/typeName";
import { toJson } from "./json";

/** A message on the wire (`docs/protocol.md`). What a peer sends may have any type in any place. */
export interface Envelope {
    /** Class name of the value at the sender, or one of the names that the library keeps for itself. */
    type?: unknown;
    data?: unknown;
    /** The sender wants an answer, and will know it by this. */
    id?: unknown;
    /** This is the answer to the message with that `id`. */
    callback_id?: unknown;
}

/** Names that never reach the user of the other end. Constants, since a bundler may rename classes. */
export const PING = "SockhopPing";
export const PONG = "SockhopPong";
export const REQUEST = "SockhopRequest";
export const RESPONSE = "SockhopResponsePacket";
const RESERVED: ReadonlySet<string> = new Set([PING, PONG, REQUEST, RESPONSE]);

/**
 * A user's value in an envelope.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` when its class has one of the library's own names: the peer would take it
 * for something else.
 */
export function wrap(data: unknown): Envelope {
    const type = typeName(data);
    if (RESERVED.has(type)) {
        throw new SockhopError(`Instances of a class called ${type} cannot be sent`, "ERR_BAD_DATA");
    }
    return { type, data };
}

/**
 * The JSON text of an envelope, members in the order in which sockhop 1.x writes them.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` when JSON cannot express its data.
 */
export function stringify({ type, data, id, callback_id }: Envelope): string {
    let text = `{"type":${toJson(type)},"data":${toJson(data)}`;
    if (id !== undefined) text += `,"id":${toJson(id)}`;
    if (callback_id !== undefined) text += `,"callback_id":${toJson(callback_id)}`;
    return text + "}";
}
