import { typeName } from "./typeName";
import { uuidv4 } from "./uuid";

// Members that 1.8 does not have are only declared, so that an object has them only if they are used.

/** Request: the object on the wire, and the first argument of the `request` event. */
export class SockhopRequest<T = unknown, Type extends string = string> {
    /** Id of the request, which each packet of the response repeats. */
    uuid: string;
    /** Value that was passed to `request()`. */
    data: T;
    /** Class name of `data` at the sender. */
    type: Type;
    /** True if the sender accepts an error as response. Peers before 1.9 do not send this member, and ignore it. */
    declare errors?: boolean;

    /** Creates a request. Defaults: a new UUID v4 as `uuid`, `{}` as `data`, the class name of `data` as `type`. */
    constructor({ uuid, data, type, errors }: Partial<SockhopRequest<T, Type>> = {}) {
        this.uuid = uuid || uuidv4();
        this.data = data === undefined ? ({} as T) : data;
        this.type = (stringOrUndefined(type) || typeName(this.data)) as Type;
        if (errors) this.errors = true;
    }

    /**
     * Creates a request from a parsed JSON object.
     *
     * @returns the request; missing members have their defaults
     */
    static parse(fields: Partial<SockhopRequest>): SockhopRequest {
        return new this(fields);
    }

    static from_data(data: unknown): SockhopRequest {
        return new this({ data });
    }
}

/** Error with which a request has failed at the peer. */
export interface RemoteFailure {
    code: string;
    message: string;
    /** Code and data of the error that the handler has thrown. */
    remote?: { code?: string | number; data?: unknown };
}

/** Maximum lengths of the texts of a failure, in characters. */
const MAX_CODE = 256;
const MAX_MESSAGE = 4096;

/** True for a failure that a peer may send: a new plain object of bounded texts. */
export function isRemoteFailure(value: unknown): value is RemoteFailure {
    if (!isPlainObject(value)) return false;
    const { code, message, remote } = value;
    if (!isText(code, MAX_CODE) || !isText(message, MAX_MESSAGE)) return false;
    if (remote === undefined) return true;
    return isPlainObject(remote) && (remote["code"] === undefined || isCode(remote["code"]));
}

function isCode(code: unknown): boolean {
    return isText(code, MAX_CODE) || Number.isFinite(code);
}

function isText(text: unknown, maxLength: number): boolean {
    return typeof text === "string" && text.length <= maxLength;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** One packet of the response to a request. */
export class SockhopResponsePacket {
    uuid: string;
    type: string;
    data: unknown;
    /** True for the last packet of the response. */
    last: boolean;
    /** True if the stream ended without a value. The packet has `data` only because peers before 1.9 require it. */
    declare empty?: boolean;
    /** Error with which the request has failed. Sent only for a request with {@link SockhopRequest.errors | errors}. */
    declare error?: RemoteFailure;
    /**
     * True if the requester, which sends this packet, no longer needs the response. Peers before 1.9 ignore the packet.
     */
    declare cancel?: boolean;

    constructor({ uuid, data, type, last, empty, error, cancel }: Partial<SockhopResponsePacket>) {
        // Members in the order of 1.8.
        const value = data === undefined ? {} : data;
        this.uuid = uuid || uuidv4();
        this.type = stringOrUndefined(type) || typeName(value);
        this.data = value;
        this.last = last ?? false;
        if (empty) this.empty = true;
        if (error) this.error = error;
        if (cancel) this.cancel = true;
    }

    /**
     * Creates a packet from a parsed JSON object.
     *
     * @returns the packet; missing members have their defaults
     */
    static parse(fields: Partial<SockhopResponsePacket>): SockhopResponsePacket {
        return new this(fields);
    }

    static for_data(data: unknown, uuid: string, last = false): SockhopResponsePacket {
        return new this({ uuid, data, last });
    }
}

/** Returns a class name from a peer if it is a string: a peer can send any type. */
function stringOrUndefined(type: unknown): string | undefined {
    return typeof type === "string" ? type : undefined;
}
