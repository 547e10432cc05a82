import { type Hello, parseHello } from "../../protocol/Hello";
import { type Message, type MessageKind, toMessage } from "../../protocol/Message";
import { type Receipt, parseReceipt } from "../../protocol/Receipt";
import { typeName } from "../../protocol/typeName";
import { hideTokenIn, hideTokens, startOfToken } from "./hideToken";
import { isTooDeep } from "./jsonDepth";

/** Kinds of messages and of frames that are not messages. They are printed and recorded, so they do not change. */
export type TapKind =
    | "message"
    | "question" // a message with a callback
    | "answer" // the reply to it
    | "request"
    | "response"
    | "ping"
    | "pong"
    | "hello" // the greeting of an end that has a codec for bytes, or can resume its connection
    | "resume" // a greeting that resumes an interrupted connection
    | "receipt" // an acknowledgement of received frames
    | "invalid"
    | "incomplete"
    | "deep"
    | "large";

/** A frame and its content. All members except `bytes`, `kind` and `text` may be of any type: a peer has sent them. */
export interface TappedMessage {
    /** Size without the terminator; of a message in a frame of bytes, without the header of the frame. */
    bytes: number;
    /** Name of the codec of a frame of bytes. */
    codec?: string;
    kind: TapKind;
    /** Class name. */
    type?: unknown;
    data?: unknown;
    /** Id that a call shares with its reply, or a request with its response. */
    id?: unknown;
    /** Text of a frame that is invalid or nested too deeply. */
    text?: string;
    /** True if the connection ended before the terminator. */
    incomplete?: true;
    /** True if it was sent before, over the socket before this one. */
    replayed?: true;
    /** Of a response: the last one, without a value, failed, canceled by the requester. */
    last?: boolean;
    empty?: boolean;
    error?: unknown;
    cancel?: boolean;
}

/** Names in the output for the kinds of the library. */
const TAP_KINDS: Readonly<Record<MessageKind, TapKind>> = {
    message: "message",
    call: "question",
    reply: "answer",
    request: "request",
    response: "response",
    cancel: "response",
    ping: "ping",
    pong: "pong",
    ignored: "invalid",
    refused: "invalid",
};

/**
 * Parses the text of a frame. Never throws.
 *
 * @param plainJson - frames have no envelope
 */
export function parseFrame(text: string, plainJson: boolean): Omit<TappedMessage, "bytes"> {
    if (isTooDeep(text)) return { kind: "deep", text: hideTokens(text) };
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch {
        return { kind: "invalid", text: hideTokens(text) };
    }
    if (plainJson) {
        hideTokenIn(value); // the program may not use plain JSON
        return { kind: "message", type: typeName(value), data: value };
    }
    const message = toMessage(value);
    if (message.kind === "invalid" || message.kind === "ignored") return { kind: "invalid", text: hideTokens(text) };
    return contentOf(message);
}

/** Content of a valid message. */
export function contentOf(message: Message): Omit<TappedMessage, "bytes"> {
    const { type, data, id } = message;
    const kind = TAP_KINDS[message.kind];
    switch (kind) {
        case "message":
            return { kind, type, data };
        case "question":
        case "answer":
            return { kind, type, data, id };
        case "ping":
            return { kind, id: membersOf(data)["_id"] };
        case "pong": {
            const hello = parseHello(data);
            if (hello) return { kind: hello.resume?.received === undefined ? "hello" : "resume", data: shown(hello) };
            const receipt = "_id" in membersOf(data) ? undefined : parseReceipt(data);
            return receipt ? { kind: "receipt", data: flagsOf(receipt) } : { kind, id: membersOf(data)["_id"] };
        }
        default:
            return { kind, ...requestContent(membersOf(data)) };
    }
}

/** Content of a greeting, with the start of its secret token. What resumes stands first. */
function shown({ codecs, token, resume }: Hello): object {
    if (!resume) return { codecs, token };
    const { received, sent, token: secret, timeout, only } = resume;
    const counts = received === undefined ? {} : { received, sent };
    const start = secret === undefined ? {} : { token: startOfToken(secret) };
    return { resume: { ...counts, ...start, timeout, ...(only && { only }) }, codecs, token };
}

function flagsOf({ ack, ...flags }: Receipt): object {
    return { ack, ...Object.fromEntries(Object.entries(flags).filter(([, isSet]) => isSet)) };
}

/** Content of a request or a response. */
function requestContent(packet: Record<string, unknown>): Partial<TappedMessage> {
    const { uuid, type, data, last, empty, error, cancel } = packet;
    return {
        type,
        data,
        id: uuid,
        ...(last === true && { last }),
        ...(empty === true && { empty }),
        ...(cancel === true && { cancel }),
        ...(error !== undefined && { error }),
    };
}

function membersOf(data: unknown): Record<string, unknown> {
    return (data ?? {}) as Record<string, unknown>;
}
