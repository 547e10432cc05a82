import { isUuid } from "../../protocol/uuid";
import { SockhopError } from "../../SockhopError";
import { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import { typeName } from "../../protocol/typeName";
import { toJson } from "./stringify";

/** A message on the wire (`docs/protocol.md`). What a peer sends may have any type in any place but `type`. */
export interface Envelope {
    /** Class name of the value at the sender, or one of the names that the library keeps for itself. */
    type: string;
    data?: unknown;
    /** The sender wants an answer, and will know it by this. */
    id?: unknown;
    /** This is the answer to the message with that `id`. */
    callback_id?: unknown;
    /** The `id`, or the uuid of a request, was found to look like a UUID. Never from the wire. */
    isUuid?: boolean;
}

/** Longest class name, in characters. */
const MAX_TYPE_LENGTH = 1024;

/** Whether this is longer than the name of a class can be. */
export function isTooLong(type: unknown): boolean {
    return typeof type === "string" && type.length > MAX_TYPE_LENGTH;
}

/** The envelope in a frame that was parsed, or the fault of what is none. A type that is no string is that of the data. */
export function toEnvelope(value: unknown): Envelope | string {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "the frame is not an envelope";
    const { type, data, id, callback_id } = value as Record<string, unknown>;
    if (isTooLong(type)) return "the type of a message is too long";
    return { type: typeof type === "string" ? type : typeName(data), data, id, callback_id };
}

/** Names that never reach the user of the other end. Constants, since a bundler may rename classes. */
export const PING = "SockhopPing";
export const PONG = "SockhopPong";
export const REQUEST = "SockhopRequest";
export const RESPONSE = "SockhopResponsePacket";
const RESERVED: ReadonlySet<string> = new Set([PING, PONG, REQUEST, RESPONSE]);

/** The longest name that a message may have; UUIDs have 36 characters. */
const MAX_ID_LENGTH = 1024;

/**
 * Whether this can be the name of a message, if it has one. It is repeated in the answer: what is deeply nested or long
 * would make each answer impossible to send.
 */
export function isId(id: unknown): boolean {
    return !id || Number.isFinite(id) || (typeof id === "string" && id.length <= MAX_ID_LENGTH);
}

/** The beginning of an envelope. */
function head(type: string): string {
    return `{"type":${toJson(type)},"data":`;
}

const REQUEST_HEAD = `${head(REQUEST)}{"uuid":"`;
const RESPONSE_HEAD = `${head(RESPONSE)}{"uuid":"`;

/** What stands around the values of one class, made once. (100 requests in flight: 1.03 times the answers.) */
class EnvelopeTemplate {
    /** The class has one of the library's own names. */
    readonly reserved: boolean;
    /** Before a value. */
    readonly head: string;
    /** Behind the data of a request. */
    readonly requestTail: string;
    /** Between the uuid and the data of an answer. */
    readonly responseMiddle: string;

    constructor(readonly type: string) {
        const name = toJson(type);
        this.reserved = RESERVED.has(type);
        this.head = head(type);
        this.requestTail = `,"type":${name},"errors":true}`;
        this.responseMiddle = `","type":${name},"data":`;
    }
}

/** So many classes are remembered: programs have few, and a peer cannot make us remember more. */
const MAX_TEMPLATES = 256;

const known = new Map<string, EnvelopeTemplate>();
/** The next value is often like the last. */
let latest = new EnvelopeTemplate("Object");

function templateOf(value: unknown): EnvelopeTemplate {
    const type = typeName(value);
    if (type === latest.type) return latest;
    let found = known.get(type);
    if (!found) {
        found = new EnvelopeTemplate(type);
        if (known.size < MAX_TEMPLATES) known.set(type, found);
    }
    return (latest = found);
}

// Envelopes are written but for the brace that ends them: see Framing.enclose().

/**
 * The library's own message, members in the order in which sockhop 1.x writes them.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` when JSON cannot express its data.
 */
export function controlText(type: string, data: unknown): string {
    return head(type) + toJson(data);
}

/**
 * A request. Written without making a {@link SockhopRequest}, as the next: together a tenth of what a
 * request costs.
 *
 * @param uuid - one of ours
 */
export function requestText(uuid: string, data: unknown): string {
    return REQUEST_HEAD + uuid + `","data":` + toJson(data) + templateOf(data).requestTail;
}

/**
 * A piece of an answer; a {@link SockhopResponsePacket} is made only for a special one.
 *
 * @param plain - whether the uuid can be written as it is
 */
export function responseText(packet: Partial<SockhopResponsePacket>, plain = isUuid(packet.uuid)): string {
    const { uuid, data = {}, last, empty, error, cancel } = packet;
    if (empty || error || cancel || !plain) return controlText(RESPONSE, new SockhopResponsePacket(packet));
    const text = RESPONSE_HEAD + (uuid as string) + templateOf(data).responseMiddle + toJson(data);
    return text + (last ? `,"last":true}` : `,"last":false}`);
}

/**
 * A user's value.
 *
 * @param rest - further members, as text that begins with a comma
 * @throws {@link SockhopError} `ERR_BAD_DATA` when JSON cannot express the value, or its class has one of the library's own
 * names: the peer would take it for something else.
 */
export function valueText(value: unknown, rest = ""): string {
    const { type, reserved, head } = templateOf(value);
    if (reserved) throw new SockhopError(`Instances of a class called ${type} cannot be sent`, "ERR_BAD_DATA");
    return head + toJson(value) + rest;
}
