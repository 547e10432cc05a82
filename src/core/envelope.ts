import { SockhopError } from "../SockhopError";
import { SockhopResponsePacket } from "../protocol/SockhopRequest";
import { typeName } from "../protocol/typeName";
import { quote, toJson } from "./json";

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

/** The longest name that a message may have; UUIDs have 36 characters. */
const LONGEST_ID = 1024;

/**
 * Whether this can be the name of a message, if it has one. It is repeated in the answer: what is deeply nested or long
 * would make each answer impossible to send.
 */
export function isId(id: unknown): boolean {
    return !id || typeof id === "number" || (typeof id === "string" && id.length <= LONGEST_ID);
}

/** So many names of classes are remembered: programs have few, and a peer cannot make us remember more. */
const FEW = 256;

/** The beginning of an envelope. */
function head(type: string): string {
    return `{"type":${toJson(type)},"data":`;
}

const REQUEST_HEAD = head(REQUEST);
const RESPONSE_HEAD = head(RESPONSE);

/** The beginnings of the envelopes of users' values, by the names of their classes. */
const heads = new Map<string, string>();

/** @throws {@link SockhopError} `ERR_BAD_DATA` for a name of the library's own: the peer would take it for something else. */
function headOf(type: string): string {
    let text = heads.get(type);
    if (text === undefined) {
        if (RESERVED.has(type)) {
            throw new SockhopError(`Instances of a class called ${type} cannot be sent`, "ERR_BAD_DATA");
        }
        text = head(type);
        if (heads.size < FEW) heads.set(type, text);
    }
    return text;
}

// Envelopes are written but for the brace that ends them: see Framing.enclose().

/**
 * The library's own message, members in the order in which sockhop 1.x writes them.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` when JSON cannot express its data.
 */
export function open(type: string, data: unknown): string {
    return head(type) + toJson(data);
}

/**
 * A request. Written without making a {@link SockhopRequest}, as the next: together a tenth of what a
 * request costs.
 *
 * @param uuid - one of ours
 */
export function openRequest(uuid: string, data: unknown): string {
    return `${REQUEST_HEAD}{"uuid":"${uuid}","data":${toJson(data)},"type":${quote(typeName(data))},"errors":true}`;
}

/** A piece of an answer; a {@link SockhopResponsePacket} is made only for a special one. */
export function openPacket(packet: Partial<SockhopResponsePacket>): string {
    if (packet.empty || packet.error || packet.cancel) return open(RESPONSE, new SockhopResponsePacket(packet));
    const { uuid, data = {}, last = false } = packet;
    return `${RESPONSE_HEAD}{"uuid":${quote(uuid)},"type":${quote(typeName(data))},"data":${toJson(data)},"last":${last}}`;
}

/**
 * A user's value.
 *
 * @param rest - further members, as text that begins with a comma
 * @throws {@link SockhopError} `ERR_BAD_DATA` when JSON cannot express the value, or its class has one of the library's own
 * names: the peer would take it for something else.
 */
export function openValue(value: unknown, rest = ""): string {
    return headOf(typeName(value)) + toJson(value) + rest;
}
