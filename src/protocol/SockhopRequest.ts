import { uuidv4 } from "./uuid";
import { typeName } from "./typeName";

// Members that 1.8 does not know are declared only, so that they are not there when they are not used.

/** A request, as it travels and as the handler of the `request` event gets it. */
export class SockhopRequest<T = unknown, Type extends string = string> {
    /** Names the request in its answers. */
    uuid: string;
    /** The value that was given to `request()`. */
    data: T;
    /** Class name of that value at the sender. */
    type: Type;
    /** The sender can read an answer that is an error. Peers before 1.9 leave it out, and ignore it. */
    declare errors?: boolean;

    /** What is missing is filled in: a new UUID v4, `{}`, the class name of the data. */
    constructor({ uuid, data, type, errors }: Partial<SockhopRequest<T, Type>> = {}) {
        this.uuid = uuid || uuidv4();
        this.data = data === undefined ? ({} as T) : data;
        this.type = (named(type) || typeName(this.data)) as Type;
        if (errors) this.errors = true;
    }

    /** From the wire. */
    static parse(fields: Partial<SockhopRequest>): SockhopRequest {
        return new this(fields);
    }

    static from_data(data: unknown): SockhopRequest {
        return new this({ data });
    }
}

/** Why a request has failed at the other end. */
export interface RemoteFailure {
    code: string;
    message: string;
}

/** One piece of the answer to a request. */
export class SockhopResponsePacket {
    uuid: string;
    type: string;
    data: unknown;
    /** Nothing comes after this one. */
    last: boolean;
    /** The stream was ended without a value: `data` is only there because peers before 1.9 want some. */
    declare empty?: boolean;
    /** The request has failed. Sent only to those who say that they can read it. */
    declare error?: RemoteFailure;
    /** Sent by the one who has asked: the answer is not wanted any more. Peers before 1.9 drop it. */
    declare cancel?: boolean;

    constructor({ uuid, data, type, last, empty, error, cancel }: Partial<SockhopResponsePacket>) {
        // In the order in which 1.8 writes them.
        const value = data === undefined ? {} : data;
        this.uuid = uuid || uuidv4();
        this.type = named(type) || typeName(value);
        this.data = value;
        this.last = last ?? false;
        if (empty) this.empty = true;
        if (error) this.error = error;
        if (cancel) this.cancel = true;
    }

    /** From the wire. */
    static parse(fields: Partial<SockhopResponsePacket>): SockhopResponsePacket {
        return new this(fields);
    }

    static for_data(data: unknown, uuid: string, last = false): SockhopResponsePacket {
        return new this({ uuid, data, last });
    }
}

/** A peer may send anything as the name of a class. */
function named(type: unknown): string | undefined {
    return typeof type === "string" ? type : undefined;
}
