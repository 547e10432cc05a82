import { REQUEST, RESPONSE } from "../../protocol/Envelope";
import type { InvalidMessage, Message } from "../../protocol/Message";
import { isUuid } from "../../protocol/uuid";
import { detach } from "../../runtime/detach";
import type { RequestHost } from "./RequestHost";

/** Request of another server, or its response. */
export interface ClusterPacket {
    readonly kind: "request" | "response" | "cancel";
    readonly uuid: string;
    /** Class name of the value. */
    readonly type: string;
    readonly data: unknown;
    /** Set if the value cannot be made: text for people. */
    readonly fault: string | undefined;
    /** Error of code of the program that has refused the value. */
    readonly cause?: unknown;
    /** True if the value is the failure of the request. It can be any value. */
    readonly hasFailed: boolean;
}

/** Decodes the values of packets. */
type Decoder = Pick<RequestHost, "decode" | "decodeBytes">;

/** Members that the packets of servers have, in addition to those of other peers. */
interface Fields {
    data?: unknown;
    /** Base64 text of a frame of bytes with type and data. */
    bytes?: unknown;
    type?: unknown;
    failed?: unknown;
}

/**
 * Writes a value of the library itself, with the type of its class. It consists of text, some of which can be a value that the
 * program has encoded: `max_message_size` is for that alone.
 */
export function writeOwn(value: unknown, type: string): string {
    return `{"type":${JSON.stringify(type)},"data":${JSON.stringify(value)}}`;
}

/** @param value - see {@link RequestHost.encode} and {@link writeOwn} */
export function writeRequest(uuid: string, value: string): string {
    return `{"type":"${REQUEST}","data":{"uuid":"${uuid}","errors":true,${membersOf(value)}}}`;
}

/** @param value - see {@link RequestHost.encode} */
export function writeResponse(uuid: string, value: string): string {
    return `{"type":"${RESPONSE}","data":{"uuid":"${uuid}","last":true,${membersOf(value)}}}`;
}

/** @param failure - encoded as a value: see {@link RequestHost.encode} */
export function writeFailure(uuid: string, failure: string): string {
    return `{"type":"${RESPONSE}","data":{"uuid":"${uuid}","last":true,"failed":true,${membersOf(failure)}}}`;
}

/** Writes that the requester no longer needs the response. */
export function writeCancel(uuid: string): string {
    return `{"type":"${RESPONSE}","data":{"uuid":"${uuid}","last":true,"cancel":true,"data":{}}}`;
}

/**
 * Reads a packet. The text can be anything.
 *
 * @returns `undefined` if it is none
 */
export function parsePacket(line: string, decoder: Decoder): ClusterPacket | undefined {
    const decoded = decoder.decode(line);
    if (decoded.kind === "invalid") return refusedPacket(decoded);
    const { kind, id, data } = decoded;
    if ((kind !== "request" && kind !== "response" && kind !== "cancel") || !isUuid(id)) return undefined;
    const uuid = detach(id);
    const fields = data as Fields;
    const hasFailed = fields.failed === true;
    const value = typeof fields.bytes === "string" ? decoder.decodeBytes(fields.bytes) : fields;
    return { kind, uuid, ...valueOf(value), hasFailed };
}

/** Packet whose value a class of the program has refused. */
function refusedPacket({ refused, fault, cause }: InvalidMessage): ClusterPacket | undefined {
    if (!refused || (refused.kind !== "request" && refused.kind !== "response") || !isUuid(refused.id)) {
        return undefined;
    }
    const { kind, id } = refused;
    return { kind, uuid: detach(id), type: "", data: undefined, fault, cause, hasFailed: false };
}

function valueOf(value: Message | InvalidMessage | Fields): Omit<ClusterPacket, "kind" | "uuid" | "hasFailed"> {
    if ("kind" in value) {
        if (value.kind === "invalid") return { type: "", data: undefined, fault: value.fault, cause: value.cause };
        if (value.kind !== "message") return { type: "", data: undefined, fault: "the value is no message" };
    }
    const { type, data } = value as Fields;
    return { type: typeof type === "string" ? type : "", data: data === undefined ? {} : data, fault: undefined };
}

/** Members of a packet with an encoded value: `"type":…,"data":…`, or `"bytes":…`. */
function membersOf(value: string): string {
    return value.startsWith("#") ? `"bytes":"${value.slice(1)}"` : value.slice(1, -1);
}
