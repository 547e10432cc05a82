import { REQUEST, RESPONSE } from "../../protocol/Envelope";
import { type Message, message } from "../../protocol/Message";
import { UUID_PATTERN } from "../../protocol/uuid";
import { detach } from "../../runtime/detach";

const UUID = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";

/**
 * Maximum length of a text that is parsed here, in characters. A longer text gains nothing, and would be parsed twice
 * if it only starts like an envelope of sockhop.
 */
const MAX_FAST_LENGTH = 16_384;

/**
 * Fixed text at a known index of a frame. The UUID in it matches any text that looks like one.
 *
 * A regular expression needs a quarter of the time of `startsWith()`: a frame is a slice of a longer string, which V8
 * would resolve for each character.
 */
class StickyPattern {
    readonly length: number;
    readonly #pattern: RegExp;

    constructor(text: string) {
        this.length = text.length;
        const escaped = text.replace(/[{}]/g, "\\$&");
        this.#pattern = new RegExp(escaped.replace(UUID, UUID_PATTERN), "y");
    }

    isAt(index: number, text: string): boolean {
        this.#pattern.lastIndex = index;
        return this.#pattern.test(text);
    }
}

const VALUE = new StickyPattern(`{"type":"Object","data":`);
const ID = new StickyPattern(`,"id":"${UUID}"}`);
const CALLBACK_ID = new StickyPattern(`,"callback_id":"${UUID}"}`);

const REQUEST_HEAD = new StickyPattern(`{"type":"${REQUEST}","data":{"uuid":"${UUID}","data":`);
const REQUEST_TAIL = new StickyPattern(`,"type":"Object","errors":true}}`);
const RESPONSE_HEAD = new StickyPattern(`{"type":"${RESPONSE}","data":{"uuid":"${UUID}","type":"Object","data":`);
const RESPONSE_TAIL = new StickyPattern(`,"last":true}}`);

/** Indexes of the UUIDs. */
const REQUEST_UUID = `{"type":"${REQUEST}","data":{"uuid":"`.length;
const RESPONSE_UUID = `{"type":"${RESPONSE}","data":{"uuid":"`.length;

/**
 * Parses the envelope of a plain object in the exact form in which sockhop writes it. Returns `undefined` for any other
 * text, valid or not.
 *
 * Parses only the object. The object is a complete JSON text, and the text around it is fixed, so `JSON.parse()` of the
 * whole frame would have the same result. (Messages of 100 bytes: 1.1 times the throughput; 100 requests in flight:
 * 1.08 times the responses.)
 */
export function parseEnvelope(text: string): Message | undefined {
    if (text.length > MAX_FAST_LENGTH) return undefined;
    // After {"type":" there is Object","data": or SockhopRequest or SockhopResponsePacket, which differ in this
    // character.
    switch (text[18]) {
        case "d":
            return VALUE.isAt(0, text) ? parseValue(text) : undefined;
        case "q":
            return REQUEST_HEAD.isAt(0, text) ? parseRequest(text) : undefined;
        case "s":
            return RESPONSE_HEAD.isAt(0, text) ? parseResponse(text) : undefined;
        default:
            return undefined;
    }
}

function parseValue(text: string): Message | undefined {
    const end = text.length;
    if (text[end - 1] === "}" && text[end - 2] === "}") {
        const data = parse(text, VALUE.length, end - 1);
        return data && message("message", "Object", data);
    }
    // Tests one character first: a pattern that does not match costs as much as one that does.
    if (text[end - ID.length] === "," && ID.isAt(end - ID.length, text)) {
        const data = parse(text, VALUE.length, end - ID.length);
        return data && message("call", "Object", data, uuidAt(end - 2 - UUID.length, text), true);
    }
    if (CALLBACK_ID.isAt(end - CALLBACK_ID.length, text)) {
        const data = parse(text, VALUE.length, end - CALLBACK_ID.length);
        return data && message("reply", "Object", data, uuidAt(end - 2 - UUID.length, text));
    }
    return undefined;
}

function parseRequest(text: string): Message | undefined {
    const end = text.length - REQUEST_TAIL.length;
    const data = REQUEST_TAIL.isAt(end, text) && parse(text, REQUEST_HEAD.length, end);
    if (!data) return undefined;
    const uuid = detach(uuidAt(REQUEST_UUID, text));
    return message("request", REQUEST, { uuid, data, type: "Object", errors: true }, uuid, true);
}

function parseResponse(text: string): Message | undefined {
    const end = text.length - RESPONSE_TAIL.length;
    const data = RESPONSE_TAIL.isAt(end, text) && parse(text, RESPONSE_HEAD.length, end);
    if (!data) return undefined;
    const uuid = uuidAt(RESPONSE_UUID, text);
    return message("response", RESPONSE, { uuid, type: "Object", data, last: true }, uuid);
}

function uuidAt(index: number, text: string): string {
    return text.slice(index, index + UUID.length);
}

/** Parses the text between two indexes. Returns `undefined` if it is not a JSON object. */
function parse(text: string, from: number, to: number): object | undefined {
    if (text[from] !== "{") return undefined;
    try {
        return JSON.parse(text.slice(from, to)) as object;
    } catch {
        return undefined;
    }
}
