import { typeName } from "../../protocol/typeName";
import { isTooDeep } from "../terminal/jsonDepth";

/** A message as it went over the proxy. All members but `bytes` and `kind` are as the peer has sent them: of any type. */
export interface TappedMessage {
    /** Without the terminator. */
    bytes: number;
    /**
     * What it is for: `message`, `question` (a callback waits), `answer`, `request`, `response`, `ping`, `pong`,
     * `invalid`, `incomplete`, `deep`, `large`.
     */
    kind: string;
    /** Name of the class. */
    type?: unknown;
    data?: unknown;
    /** What names a question and its answer, a request and the pieces of its answer. */
    id?: unknown;
    /** What is no JSON, or is nested too deeply to be read. */
    text?: string;
    /** The connection has ended before the terminator came. */
    incomplete?: true;
    /** Of a response: nothing comes after it; it has no value; why the request has failed; it is not wanted any more. */
    last?: boolean;
    empty?: boolean;
    error?: unknown;
    cancel?: boolean;
}

/** Kinds of the messages that the library sends for itself. */
const OWN = new Map<unknown, string>([
    ["SockhopPing", "ping"],
    ["SockhopPong", "pong"],
    ["SockhopRequest", "request"],
    ["SockhopResponsePacket", "response"],
]);

export function parseFrame(text: string, bare: boolean): Omit<TappedMessage, "bytes"> {
    if (isTooDeep(text)) return { kind: "deep", text };
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch {
        return { kind: "invalid", text };
    }
    if (bare) return { kind: "message", type: typeName(value), data: value };
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { kind: "invalid", text };
    const { type, data, id, callback_id } = value as Record<string, unknown>;
    const own = OWN.get(type);
    if (own !== undefined) return { kind: own, ...inside(own, data) };
    if (callback_id) return { kind: "answer", type, data, id: callback_id };
    return id ? { kind: "question", type, data, id } : { kind: "message", type, data };
}

/** What the library's own messages are about. */
function inside(kind: string, data: unknown): Partial<TappedMessage> {
    const { uuid, _id, ...more } = (data ?? {}) as Record<string, unknown>;
    if (kind === "ping" || kind === "pong") return { id: _id };
    const { type, data: value, last, empty, error, cancel } = more;
    const rest = {
        ...(last === true && { last }),
        ...(empty === true && { empty }),
        ...(cancel === true && { cancel }),
    };
    return { type, data: value, id: uuid, ...rest, ...(error !== undefined && { error }) };
}
