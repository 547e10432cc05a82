import { REQUEST, RESERVED_TYPES, RESPONSE } from "../../protocol/Envelope";
import { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import { typeName } from "../../protocol/typeName";
import type { ClassRegistry } from "../classes";
import { reservedTypeError } from "../errors";
import { toJson } from "./stringify";

/**
 * Maximum number of cached templates, one for each class. Programs have few classes, and the limit bounds the memory.
 */
const MAX_TEMPLATES = 256;

/** Returns the start of an envelope. */
function head(type: string): string {
    return `{"type":${toJson(type)},"data":`;
}

const REQUEST_HEAD = `${head(REQUEST)}{"uuid":"`;
const RESPONSE_HEAD = `${head(RESPONSE)}{"uuid":"`;

/** Cached text around the values of one class. (100 requests in flight: 1.03 times the responses.) */
class EnvelopeTemplate {
    /** True if the name of the class is reserved for the library. */
    readonly isReserved: boolean;
    /** Text before a value. */
    readonly head: string;
    /** Text after the data of a request. */
    readonly requestTail: string;
    /** Text between the uuid and the data of a response. */
    readonly responseMiddle: string;

    constructor(readonly type: string) {
        const name = toJson(type);
        this.isReserved = RESERVED_TYPES.has(type);
        this.head = head(type);
        this.requestTail = `,"type":${name},"errors":true}`;
        this.responseMiddle = `","type":${name},"data":`;
    }
}

const OBJECT_TEMPLATE = new EnvelopeTemplate("Object");

/**
 * Writes the JSON text of envelopes, without the closing brace, which `JsonCodec` appends. The members have the same
 * order as in sockhop 1.x.
 *
 * Requests and responses are written without the objects `SockhopRequest` and `SockhopResponsePacket`. Together these
 * would need a tenth of the time of a request.
 *
 * All methods throw a {@link SockhopError} with `ERR_BAD_DATA` for data that JSON cannot express.
 */
export class EnvelopeWriter {
    /** Classes with a stated name. */
    readonly #classes: ClassRegistry | undefined;
    /** Created by the first class other than `Object`. */
    #templates: Map<string, EnvelopeTemplate> | undefined;
    /** Template of the last value: the next value often has the same class. */
    #latest = OBJECT_TEMPLATE;

    constructor(classes?: ClassRegistry) {
        this.#classes = classes;
    }

    /** Writes a control message. */
    control(type: string, data: unknown): string {
        return head(type) + toJson(data);
    }

    /**
     * Writes a value of the user. Also throws `ERR_BAD_DATA` for a class with a reserved name.
     *
     * @param members - text of further members, starts with a comma
     * @param typeOption - type instead of the class name
     */
    value(value: unknown, members = "", typeOption?: string): string {
        const template = this.#templateOf(value, typeOption);
        if (template.isReserved) throw reservedTypeError(template.type);
        const text = template.head + toJson(value) + members;
        this.#latest = template; // `toJSON()` may have sent another message
        return text;
    }

    /**
     * Writes a request.
     *
     * @param uuid - text that needs no escaping
     * @param type - type instead of the class name
     */
    request(uuid: string, data: unknown, type?: string): string {
        return REQUEST_HEAD + uuid + `","data":` + toJson(data) + this.#templateOf(data, type).requestTail;
    }

    /**
     * Writes a packet of a response.
     *
     * @param hasUuid - true if the uuid needs no escaping
     */
    response(packet: Partial<SockhopResponsePacket>, hasUuid: boolean): string {
        const { uuid, data = {}, last, empty, error, cancel } = packet;
        if (empty || error || cancel) return this.control(RESPONSE, new SockhopResponsePacket(packet));
        if (!hasUuid) return this.control(RESPONSE, new SockhopResponsePacket({ type: this.#typeOf(data), ...packet }));
        const template = this.#templateOf(data);
        const text = RESPONSE_HEAD + (uuid as string) + template.responseMiddle + toJson(data);
        this.#latest = template;
        return text + (last ? `,"last":true}` : `,"last":false}`);
    }

    /** Type of the last value, for error messages. */
    get latestType(): string {
        return this.#latest.type;
    }

    #typeOf(value: unknown): string {
        return this.#classes ? this.#classes.typeOf(value) : typeName(value);
    }

    #templateOf(value: unknown, type = this.#typeOf(value)): EnvelopeTemplate {
        if (type === this.#latest.type) return this.#latest;
        if (type === OBJECT_TEMPLATE.type) return (this.#latest = OBJECT_TEMPLATE);
        const templates = (this.#templates ??= new Map<string, EnvelopeTemplate>());
        let template = templates.get(type);
        if (!template) {
            template = new EnvelopeTemplate(type);
            if (templates.size < MAX_TEMPLATES) templates.set(type, template);
        }
        return (this.#latest = template);
    }
}
